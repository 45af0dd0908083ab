/** Narrative (R4 narrative.html): its div is XHTML's, and what it points to inside the resource is there. */
import type { TextRule } from './rule.ts'

/** Another root than a div is what txt-1 refuses. */
const START = /^\s*<div[^>]*>/
const XHTML = /\sxmlns\s*=\s*["']http:\/\/www\.w3\.org\/1999\/xhtml["']/
const LINK = /\s(?:href|src)\s*=\s*["']#([^"']+)["']/g
const TARGET = /\s(?:id|name)\s*=\s*["']([^"']+)["']/g

export const narrativeRules: TextRule = (narrative, { resource, report }) => {
  const { div } = narrative as { div?: unknown }
  if (typeof div !== 'string') return
  const start = START.exec(div)?.[0]
  if (start !== undefined && !XHTML.test(start)) report('structure', 'div: xmlns http://www.w3.org/1999/xhtml', '.div')
  if (!div.includes('"#')) return
  const links = [...div.matchAll(LINK)].map(([, name]) => name ?? '')
  if (links.length === 0) return
  const targets = new Set([...div.matchAll(TARGET)].map(([, name]) => name ?? ''))
  for (const inner of containedIn(resource)) targets.add(String(inner.id))
  if (links.some((name) => !targets.has(name))) report('narrative-link', 'narrative', '.div')
}

const containedIn = (resource: unknown): { id?: unknown }[] => {
  const { contained } = (resource ?? {}) as { contained?: unknown }
  return Array.isArray(contained) ? (contained as { id?: unknown }[]) : []
}
