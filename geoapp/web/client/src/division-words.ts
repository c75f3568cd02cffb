/** What the server says of a plan, in Chinese, in the page's language: its sentences are few and of fixed shapes. */

import { boot } from "./boot";
import type { Ground } from "./division-model";
import { t } from "./i18n";

type Title = (zh: string) => string;
type Say = (found: string[], title: Title) => string;

/** A sentence by the server -> the message that says the same; (judging.py, wish.py, scorecard.py). */
const SENTENCES: [RegExp, Say][] = [
  [/^备选方案，不是代价最低的$/, () => t("备选方案，不是代价最低的")],
  [/^备选方案，不是代价最低的，界线代价是最好值的 (.+) 倍$/, ([n = ""]) => t("备选方案，不是代价最低的，界线代价是最好值的 {n} 倍", { n })],
  [/^备选方案，不是代价最低的，界线代价比最好值高(.+)$/, ([n = ""]) => t("备选方案，不是代价最低的，界线代价比最好值高{n}", { n })],
  [/^目前最好，尚未证明；与最好值的差距未知$/, () => t("目前最好，尚未证明；与最好值的差距未知")],
  [/^目前最好，尚未证明；与最好值相差不超过(.+)$/, ([n = ""]) => t("目前最好，尚未证明；与最好值相差不超过{n}", { n })],
  [/^人工调整稿，未验证$/, () => t("人工调整稿，未验证")],
  [/^人工调整稿，未验证；界线代价与(.+)相同$/, ([name = ""]) => t("人工调整稿，未验证；界线代价与{name}相同", { name: planName(name) })],
  [/^人工调整稿，未验证；界线代价是(.+)的 (.+) 倍$/, ([name = "", n = ""]) => t("人工调整稿，未验证；界线代价是{name}的 {n} 倍", { name: planName(name), n })],
  [/^人工调整稿，未验证；界线代价比(.+)高(.+?)$/, ([name = "", n = ""]) => t("人工调整稿，未验证；界线代价比{name}高{n}", { name: planName(name), n })],
  [/^人工调整稿，未验证；界线代价比(.+)低(.+?)$/, ([name = "", n = ""]) => t("人工调整稿，未验证；界线代价比{name}低{n}", { name: planName(name), n })],
  [/^由整数规划算法验证，没有可单独核对的核验文件$/, () => t("由整数规划算法验证，没有可单独核对的核验文件")],
  [/^划分成 (\d+) 个社区，每个社区 (\d+) 至 (\d+) 户，各自连成一片$/, ([n = "", low = "", high = ""]) => t("划分成 {n} 个社区，每个社区 {low} 至 {high} 户，各自连成一片", { n, low, high })],
  [/^划分成 (\d+) 个社区，(.+)，各自连成一片$/, ([n = "", sizes = ""]) => t("划分成 {n} 个社区，{sizes}，各自连成一片", { n, sizes: sizes.split("；").map(sizeWords).join("; ") })],
  [/^划分单元 (\d+) 个，共 (\d+) 户$/, ([n = "", households = ""]) => t("划分单元 {n} 个，共 {households} 户", { n, households })],
  [
    /^每米界线的代价（(.+)）：(.+)；穿过网格 ([\d.]+)$/,
    ([profile = "", prices = "", grid = ""], title) => {
      const each = prices.split("，").map((price) => price.replace(/^(.+) ([\d.]+)$/, (_, kind: string, tenths: string) => `${title(kind)} ${tenths}`));
      return t("每米界线的代价（{profile}）：{prices}；穿过网格 {grid}", { profile: title(profile), prices: each.join(", "), grid });
    },
  ],
  [/^多栋楼的小区、院落 (\d+) 个整体保留$/, ([n = ""]) => t("多栋楼的小区、院落 {n} 个整体保留", { n })],
  [/^多栋楼的小区、院落 (\d+) 个整体保留，(.+)除外$/, ([n = "", names = ""]) => t("多栋楼的小区、院落 {n} 个整体保留，{names}除外", { n, names })],
  [/^整体保留：(.+)$/, ([names = ""]) => t("整体保留：{names}", { names })],
  [/^(.+)没有划入任何单元。$/, ([name = ""]) => t("{name}没有划入任何单元", { name: partName(name) })],
  [/^(.+)不连片，有 (\d+) 处飞地。$/, ([name = "", n = ""]) => t("{name}不连片，有 {n} 处飞地", { name: partName(name), n })],
  [/^(.+) (\d+) 户，超过(\d+)户。$/, ([name = "", n = "", most = ""]) => t("{name} {n} 户，超过{most}户", { name: partName(name), n, most })],
  [/^(.+) (\d+) 户，不足(\d+)户。$/, ([name = "", n = "", least = ""]) => t("{name} {n} 户，不足{least}户", { name: partName(name), n, least })],
];

function sizeWords(words: string): string {
  return words.replace(/^(.+) (\d+) 至 (\d+) 户$/, (_, name: string, low: string, high: string) => t("{name} {low} 至 {high} 户", { name: partName(name), low, high }));
}

/** A sentence of the server in the page's language; one of an unknown shape stays as it is. */
export function said(words: string, ground: Ground): string {
  if (boot.language === "zh") return words;
  for (const [shape, say] of SENTENCES) {
    const found = shape.exec(words);
    if (found) return say(found.slice(1), (zh) => ground.titles_en[zh] ?? zh);
  }
  return words;
}

/** What a job says while it works, and why there is no plan (tasks.py, family.py, obstacles.py, the solvers). */
const JOB_WORDS: [RegExp, (found: string[]) => string][] = [
  [/^读取图层$/, () => t("读取图层")],
  [/^生成划分单元$|^整理建筑$|^道路围合$|^分配地块$|^接合碎片$/, () => t("生成划分单元")],
  [/^准备计算$/, () => t("准备计算")],
  [/^按“(.+)”计算，已有 (\d+) 个方案$/, ([, n = ""]) => t("正在计算，已有 {n} 个方案", { n })],
  [/^寻找不同的备选方案$/, () => t("寻找不同的备选方案")],
  [/^保存方案$/, () => t("保存方案")],
  [/^(.+)范围内没有带户数的楼栋或小区；请先导入户数。$/, ([name = ""]) => t("{name}范围内没有带户数的楼栋或小区；请先导入户数。", { name })],
  [/^只有 (\d+) 个单元，分不出 (\d+) 个部分：/, ([n = "", parts = ""]) => t("只有 {n} 个单元，分不出 {parts} 个部分。", { n, parts })],
  [/^所有单元的户数都是 0/, () => t("所有单元的户数都是 0，没有住户可分。")],
  [/^总户数 (\d+) 与各部分的户数范围（合计 (\d+) 到 (\d+)/, ([n = "", low = "", high = ""]) => t("总户数 {n} 与各部分的户数范围（合计 {low} 到 {high}）不相容。", { n, low, high })],
  [/^互不相连的地块有 (\d+) 片，比部分数 (\d+) 多：/, ([n = "", parts = ""]) => t("互不相连的地块有 {n} 片，比部分数 {parts} 多。", { n, parts })],
  [/^单元 (.+) 有 (\d+) 户，超过了一个部分的上限 (\d+)：/, ([name = "", n = "", most = ""]) => t("单元 {name} 有 {n} 户，超过了一个部分的上限 {most}。", { name, n, most })],
  [/^必须在一起的单元（(.+) 等）共有 (\d+) 户，超过了一个部分的上限 (\d+)：/, ([name = "", n = "", most = ""]) => t("必须在一起的单元（{name} 等）共有 {n} 户，超过了一个部分的上限 {most}。", { name, n, most })],
  [/^必须在一起的单元（(.+) 等）在互不相连的地块上/, ([name = ""]) => t("必须在一起的单元（{name} 等）在互不相连的地块上。", { name })],
  [/^合并必须在一起的单元后只剩 (\d+) 个，分不出 (\d+) 个部分：/, ([n = "", parts = ""]) => t("合并必须在一起的单元后只剩 {n} 个，分不出 {parts} 个部分。", { n, parts })],
  [/^在这些条件下，没有任何一种分法|^没有任何两部分的划分|^互不相连的地块各自分不成|^两片互不相连的地块只能各成/, () => t("没有任何一种分法能使各部分连成一片且户数合适；请放宽户数范围，或减少必须在一起的单元。")],
  [/^整数规划算得没有满足要求的方案/, () => t("整数规划算得没有满足要求的方案，但没有可供他人核验的证书。")],
  [/^在给定时间内没有找到方案|^在规定的时间/, () => t("在给定时间内没有找到方案；请放宽户数范围或延长计算时间。")],
];

/** What a job or a division without plans says, in the page's language; of unknown shape it stays as it is. */
export function jobWords(words: string): string {
  if (boot.language === "zh") return words;
  for (const [shape, say] of JOB_WORDS) {
    const found = shape.exec(words);
    if (found) return say(found.slice(1));
  }
  return words;
}

const NUMBERS = "一二三四五六七八九十";

/** The name of a plan in the page's language, where it is one that the program gave. */
export function planName(name: string): string {
  const found = /^方案([一二三四五六七八九十])((?:·(?:调整稿|另存))*)$/.exec(name);
  if (boot.language === "zh" || !found) return name;
  const [, which = "", tail = ""] = found;
  const more = tail.split("·").filter(Boolean).map((word) => (word === "调整稿" ? t("调整稿") : t("另存")));
  return [t("方案{n}", { n: NUMBERS.indexOf(which) + 1 }), ...more].join(" · ");
}

/** The name of a part in the page's language, where it is one that the program gave. */
export function partName(name: string): string {
  const found = /^新社区([一二三四五六七]?)$/.exec(name);
  if (boot.language === "zh" || !found) return name;
  return found[1] ? t("新社区{n}", { n: NUMBERS.indexOf(found[1]) + 1 }) : t("新社区");
}

/** The four sides 四至 of a community, by the names of what bounds it. */
export function sides(extent: string): string {
  if (boot.language === "zh") return extent;
  const words: Record<string, string> = { 东: t("东至"), 南: t("南至"), 西: t("西至"), 北: t("北至") };
  return extent.replace(/(^|，)([东南西北])至/g, (_, comma: string, side: string) => `${comma ? "; " : ""}${words[side] ?? side} `);
}
