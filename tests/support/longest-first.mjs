/**
 * The order of test files: those that take longest first, since one that is begun last keeps one processor idle. Jest's own order goes by
 * what it remembers, which a fresh checkout has nothing of, and else by the size of the files.
 */
import { statSync } from 'node:fs'

/** Files that took over twenty seconds on two processors, or whose child processes do. */
const LONG = [
  'faults/batch',
  'ingest/drop-kill',
  'faults/mutations',
  'faults/crashes',
  'ingest/visits',
  'consent/search-equals-reads',
  'city/city',
  'ingest/kept-rows',
  'search/database',
  'fhir-xml/official',
  'guide/pages',
  'ingest/mllp/crowd',
  'code-mapping/retranslation',
  'terminology/load-kill',
  'store/mongod',
  'http/expunge',
  'subscriptions/kill',
  'ingest/visits-kill',
  'ingest/mllp/faults',
].map((name) => `/tests/${name}.test.ts`)

const rank = ({ path }) => {
  const at = LONG.findIndex((name) => path.endsWith(name))
  return at < 0 ? LONG.length : at
}

export default class LongestFirst {
  sort(tests) {
    const sizes = new Map(tests.map((test) => [test, statSync(test.path).size]))
    return [...tests].sort((a, b) => rank(a) - rank(b) || sizes.get(b) - sizes.get(a))
  }

  shard(tests, { shardIndex, shardCount }) {
    return [...tests].sort((a, b) => (a.path < b.path ? -1 : 1)).filter((_, at) => at % shardCount === shardIndex - 1)
  }

  allFailedTests() {
    throw new Error('--onlyFailures is not known: name the files')
  }

  cacheResults() {}
}
