/** Finding by a few letters. */

/** Letters without their marks, so that "jose" finds "José". */
const plain = (text: string): string => text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();

/** Those whose words begin with what was written come first. */
export function found<T extends { readonly label: string }>(
  choices: readonly T[],
  query: string,
): readonly T[] {
  const wanted = plain(query.trim());
  if (wanted === "") return choices;
  const rank = ({ label }: T): number => {
    const text = plain(label);
    if (text.startsWith(wanted)) return 0;
    if (text.includes(` ${wanted}`)) return 1;
    return text.includes(wanted) ? 2 : 3;
  };
  return choices.filter((one) => rank(one) < 3).toSorted((a, b) => rank(a) - rank(b));
}
