/** Which versions of a system are in force: one row for each system, changed in one write. */
import { countRevision } from '../store/codes-revision.ts'
import type { CurrentDoc, KeptTables, LoadDoc } from './tables.ts'

/** An answer that is being made of a version that was replaced has so long. */
const GRACE_MS = 10 * 60_000
const TRIES = 20
const collator = new Intl.Collator('en', { numeric: true })

/** Puts the load in the place of another of the same version, and beside those of other versions; the latest version first. */
export async function publish(tables: KeptTables, doc: LoadDoc, now: () => Date): Promise<void> {
  const { url: _id, version, _id: load } = doc
  const replaced = await changed(tables, _id, (versions) =>
    [...versions.filter((one) => one.version !== version), { version, load }].sort((a, b) => collator.compare(b.version, a.version)),
  )
  await countRevision(tables.revision)
  await tables.loads.updateMany(
    { _id: { $in: replaced.filter((one) => one.version === version && one.load !== load).map((one) => one.load) } },
    { status: 'replaced', ended: now() },
  )
}

/** @returns false: there is no such version */
export async function withdraw(tables: KeptTables, url: string, version: string, now: () => Date): Promise<boolean> {
  const before = await changed(tables, url, (versions) => versions.filter((one) => one.version !== version))
  await countRevision(tables.revision)
  const loads = before.filter((one) => one.version === version).map(({ load }) => load)
  if (loads.length === 0) return false
  await tables.loads.updateMany({ _id: { $in: loads } }, { status: 'replaced', ended: now() })
  return true
}

/** @returns what was in force before */
async function changed(
  { current }: KeptTables,
  _id: string,
  change: (versions: CurrentDoc['versions']) => CurrentDoc['versions'],
): Promise<CurrentDoc['versions']> {
  for (let tried = 0; tried < TRIES; tried++) {
    const row = await current.get(_id)
    const versions = row?.versions ?? []
    const next = change(versions)
    if (!row && (await current.insert({ _id, rev: 1, versions: next }))) return versions
    if (row && (await current.setOne({ _id, rev: row.rev }, { rev: row.rev + 1, versions: next }))) return versions
  }
  throw new Error(`the versions of ${_id} are changed by others all the time`)
}

export async function removeContent({ concepts, terms, postings }: KeptTables, s: number): Promise<void> {
  await concepts.delete({ s })
  await terms.delete({ s })
  await postings.delete({ s })
}

/** Removes what was replaced long enough ago. */
export async function sweep(tables: KeptTables, now: () => Date): Promise<void> {
  const until = new Date(now().getTime() - GRACE_MS)
  for (const { s, _id } of await tables.loads.find({ status: 'replaced', ended: { $lt: until } })) {
    await removeContent(tables, s)
    await tables.loads.delete({ _id, status: 'replaced' })
  }
}
