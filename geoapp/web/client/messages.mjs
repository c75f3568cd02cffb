// Messages of the client: which ones the source says, and what the gettext catalogues make of them.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Every literal inside t("…") of the TypeScript files below `folder`, sorted. */
export function usedMessages(folder) {
  const found = new Set();
  for (const name of readdirSync(folder, { recursive: true })) {
    if (!String(name).endsWith(".ts")) continue;
    const text = readFileSync(join(folder, String(name)), "utf8");
    for (const match of text.matchAll(/\bt\(\s*"((?:[^"\\]|\\.)*)"/g)) found.add(JSON.parse(`"${match[1]}"`));
  }
  return [...found].sort();
}

/** [language, {msgid: msgstr}] of each messages.po below `folder`. */
export function* catalogues(folder) {
  if (!existsSync(folder)) return;
  for (const language of readdirSync(folder)) {
    const path = join(folder, language, "LC_MESSAGES", "messages.po");
    if (existsSync(path)) yield [language, parse(readFileSync(path, "utf8"))];
  }
}

function parse(text) {
  const messages = {};
  let entry = {};
  let field = null;
  const close = () => {
    if (entry.msgid && entry.msgstr) messages[entry.msgid] = entry.msgstr;
    entry = {};
  };
  for (const line of text.split("\n")) {
    const start = /^(msgid|msgstr)\s+(".*")\s*$/.exec(line);
    if (start) {
      if (start[1] === "msgid") close();
      field = start[1];
      entry[field] = JSON.parse(start[2]);
    } else if (/^".*"\s*$/.test(line) && field) {
      entry[field] += JSON.parse(line.trim());
    }
  }
  close();
  return messages;
}
