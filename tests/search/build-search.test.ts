import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { buildSearch } from '../../profiles/r4/build-search.ts'
import { r4Definitions } from '../../server/search/definitions.ts'

describe('generated search definitions', () => {
  test('are what the builder makes of the R4 package', () => {
    const folder = mkdtempSync(join(tmpdir(), 'build-search-'))
    try {
      buildSearch(folder)
      for (const name of ['search-parameters.json', 'compartments.json']) {
        const committed = readFileSync(new URL(`../../profiles/generated/r4/${name}`, import.meta.url), 'utf8')
        expect(readFileSync(join(folder, name), 'utf8')).toBe(committed)
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('have no examples or drafts, and each code once for a type', () => {
    const { parameters } = r4Definitions()
    const urls = parameters.map((p) => p.url)
    for (const id of ['example', 'example-extension', 'example-reference', 'filter', 'device-extensions-Device-din']) {
      expect(urls).not.toContain(`http://hl7.org/fhir/SearchParameter/${id}`)
    }
    const places = parameters.flatMap((p) => p.base.map((b) => `${b}.${p.code}`))
    expect(new Set(places).size).toBe(places.length)
  })

  test('R4 erratum: InsurancePlan.name starts at the resource', () => {
    expect(r4Definitions().parameters.find((p) => p.url.endsWith('/InsurancePlan-name'))?.expression).toBe(
      'InsurancePlan.name | InsurancePlan.alias',
    )
  })
})
