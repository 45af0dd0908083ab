/**
 * Runs `work` once at the end of this turn of the event loop, however often it was asked for: what arrived in one turn goes
 * together, and nobody waits longer than the turn lasts.
 */
export function soon(work: () => void): () => void {
  let planned = false
  return () => {
    if (planned) return
    planned = true
    setImmediate(() => {
      planned = false
      work()
    })
  }
}
