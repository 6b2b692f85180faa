// What changed between two texts, line by line: the longest common run of lines stays, the rest came or went.
export type DiffLine = { kind: "same" | "came" | "went"; text: string; line: number };

/** Beyond this product of lines the middle is shown as one block that went and one that came. */
const MOST_CELLS = 4_000_000;

export function lineDiff(before: string, after: string): DiffLine[] {
  const [a, b] = [before.split("\n"), after.split("\n")];
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const [oldPart, newPart] = [a.slice(head, a.length - tail), b.slice(head, b.length - tail)];
  const same = (lines: string[], from: number): DiffLine[] => lines.map((text, at) => ({ kind: "same", text, line: from + at + 1 }));
  return [...same(b.slice(0, head), 0), ...middle(oldPart, newPart, head), ...same(b.slice(b.length - tail), b.length - tail)];
}

function middle(a: string[], b: string[], offset: number): DiffLine[] {
  const went = (at: number): DiffLine => ({ kind: "went", text: a[at]!, line: offset + at + 1 });
  const came = (at: number): DiffLine => ({ kind: "came", text: b[at]!, line: offset + at + 1 });
  if (a.length * b.length > MOST_CELLS) return [...a.map((_, at) => went(at)), ...b.map((_, at) => came(at))];
  const width = b.length + 1;
  const longest = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      longest[i * width + j] = a[i] === b[j] ? longest[(i + 1) * width + j + 1]! + 1 : Math.max(longest[(i + 1) * width + j]!, longest[i * width + j + 1]!);
  const found: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      found.push({ kind: "same", text: b[j]!, line: offset + j + 1 });
      [i, j] = [i + 1, j + 1];
    } else if (j >= b.length || (i < a.length && longest[(i + 1) * width + j]! >= longest[i * width + j + 1]!)) found.push(went(i++));
    else found.push(came(j++));
  }
  return found;
}

/** Only what changed, with so many lines around it; null stands for lines left out. */
export function around(lines: DiffLine[], context = 2): (DiffLine | null)[] {
  const near = lines.map((_, at) => lines.slice(Math.max(0, at - context), at + context + 1).some((line) => line.kind !== "same"));
  return lines.flatMap((line, at) => (near[at] ? [line] : near[at - 1] ? [null] : []));
}
