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
  [/^人工调整稿，未验证；界线代价与(.+)相同$/, ([name = ""]) => t("人工调整稿，未验证；界线代价与{name}相同", { name })],
  [/^人工调整稿，未验证；界线代价比(.+)高(.+?)$/, ([name = "", n = ""]) => t("人工调整稿，未验证；界线代价比{name}高{n}", { name, n })],
  [/^人工调整稿，未验证；界线代价比(.+)低(.+?)$/, ([name = "", n = ""]) => t("人工调整稿，未验证；界线代价比{name}低{n}", { name, n })],
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
  [/^(.+)没有划入任何单元。$/, ([name = ""]) => t("{name}没有划入任何单元", { name })],
  [/^(.+)不连片，有 (\d+) 处飞地。$/, ([name = "", n = ""]) => t("{name}不连片，有 {n} 处飞地", { name, n })],
  [/^(.+) (\d+) 户，超过(\d+)户。$/, ([name = "", n = "", most = ""]) => t("{name} {n} 户，超过{most}户", { name, n, most })],
  [/^(.+) (\d+) 户，不足(\d+)户。$/, ([name = "", n = "", least = ""]) => t("{name} {n} 户，不足{least}户", { name, n, least })],
];

function sizeWords(words: string): string {
  return words.replace(/^(.+) (\d+) 至 (\d+) 户$/, (_, name: string, low: string, high: string) => t("{name} {low} 至 {high} 户", { name, low, high }));
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

/** The four sides 四至 of a community, by the names of what bounds it. */
export function sides(extent: string): string {
  if (boot.language === "zh") return extent;
  const words: Record<string, string> = { 东: t("东至"), 南: t("南至"), 西: t("西至"), 北: t("北至") };
  return extent.replace(/(^|，)([东南西北])至/g, (_, comma: string, side: string) => `${comma ? "; " : ""}${words[side] ?? side} `);
}
