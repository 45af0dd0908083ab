/** What of SUSHI's output is committed: everything that a validator or a reader needs, in a stable order. */

interface Element {
  [key: string]: unknown
}

/** Notes of the base specification that repeat on every element of every snapshot and that nobody reads here. */
const REPEATED = ['mapping', 'example', 'alias', 'requirements', 'comment', 'meaningWhenMissing', 'orderMeaning']

/** JSON text of a compiled resource, ending in a line break. */
export function publish(resource: Record<string, unknown>): string {
  const { mapping: _, ...kept } = resource
  const snapshot = kept.snapshot as { element: Element[] } | undefined
  if (snapshot) kept.snapshot = { element: snapshot.element.map(withoutNotes) }
  return `${JSON.stringify(kept, null, 1)}\n`
}

function withoutNotes(element: Element): Element {
  return Object.fromEntries(Object.entries(element).filter(([key]) => !REPEATED.includes(key)))
}
