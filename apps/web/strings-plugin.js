/**
 * Reads messages/LANGUAGE.json for the compiler of strings. A string is a text with {placeholders}, or, where a count
 * decides, an object from plural category (Intl.PluralRules) to text; its count is then {count}.
 * The compiler loads this file by itself: it imports nothing.
 */
const PLACEHOLDER = /\{(\w+)\}/g;

const reference = (name) => ({ type: "variable-reference", name });

function textToPattern(text) {
  const pattern = [];
  let end = 0;
  for (const match of text.matchAll(PLACEHOLDER)) {
    if (match.index > end) pattern.push({ type: "text", value: text.slice(end, match.index) });
    pattern.push({ type: "expression", arg: reference(match[1]) });
    end = match.index + match[0].length;
  }
  if (end < text.length) pattern.push({ type: "text", value: text.slice(end) });
  return pattern;
}

function textsOf(value) {
  return typeof value === "string" ? { other: value } : value;
}

function declarationsOf(values) {
  const texts = values.flatMap((value) => Object.values(textsOf(value)));
  const isPlural = values.some((value) => typeof value !== "string");
  const names = new Set(texts.flatMap((text) => [...text.matchAll(PLACEHOLDER)].map((match) => match[1])));
  if (isPlural) names.add("count");
  const inputs = [...names].map((name) => ({ type: "input-variable", name }));
  if (!isPlural) return inputs;
  const plural = {
    type: "local-variable",
    name: "category",
    value: {
      type: "expression",
      arg: reference("count"),
      annotation: { type: "function-reference", name: "plural", options: [] },
    },
  };
  return [...inputs, plural];
}

const variantsOf = (id, locale, value) =>
  Object.entries(textsOf(value)).map(([category, text]) => ({
    messageBundleId: id,
    messageLocale: locale,
    matches: [
      category === "other"
        ? { type: "catchall-match", key: "category" }
        : { type: "literal-match", key: "category", value: category },
    ].filter(() => typeof value !== "string"),
    pattern: textToPattern(text),
  }));

// oxlint-disable-next-line import/no-default-export -- the compiler asks for it
export default {
  key: "plugin.sotto.strings",
  toBeImportedFiles: ({ settings }) =>
    settings.locales.map((locale) => ({ path: `./messages/${locale}.json`, locale })),
  importFiles: ({ files }) => {
    const byLocale = new Map(
      files.map(({ locale, content }) => [locale, JSON.parse(new TextDecoder().decode(content))]),
    );
    const ids = new Set([...byLocale.values()].flatMap((strings) => Object.keys(strings)));
    const bundles = [];
    const messages = [];
    const variants = [];
    for (const id of ids) {
      const values = [...byLocale.values()]
        .map((strings) => strings[id])
        .filter((value) => value !== undefined);
      bundles.push({ id, declarations: declarationsOf(values) });
      for (const [locale, strings] of byLocale) {
        const value = strings[id];
        if (value === undefined) continue;
        const selectors = typeof value === "string" ? [] : [reference("category")];
        messages.push({ bundleId: id, locale, selectors });
        variants.push(...variantsOf(id, locale, value));
      }
    }
    return { bundles, messages, variants };
  },
};
