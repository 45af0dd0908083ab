import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { FILE_SCHEMA } from '../../server/config/schema.ts'

const text = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8')

/** Keys at the top and one level down: what somebody writes in the file. */
function keys(): string[] {
  const lists = Object.entries(FILE_SCHEMA.properties) as [string, { items?: { properties?: object }; properties?: object }][]
  return lists.flatMap(([name, part]) => [name, ...Object.keys(part.items?.properties ?? part.properties ?? {})])
}

test.each([...new Set(keys())])('docs/configuration.md explains %s', (key) => expect(text).toContain(`\`${key}\``))

test.each([
  ...['HOST', 'PORT', 'PUBLIC_URL', 'MONGODB_URI', 'MONGODB_DATABASE', 'DATA_DIR', 'YILIAN_CONFIG', 'LOG_LEVEL', 'DEFAULT_TIMEZONE'],
  ...['YILIAN_NO_AUTH', 'MONGOD_BINARY', 'YILIAN_KEYS', 'YILIAN_SECRET', 'METRICS_TOKEN'],
])('docs/configuration.md explains %s', (variable) => expect(text).toContain(`\`${variable}\``))
