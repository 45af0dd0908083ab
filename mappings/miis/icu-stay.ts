/** Stays in intensive care, as the home page (4401) and the settlement list (4101) name them: cn-icu-stay of the Encounter. */
import { structureDefinition } from '../../server/fhir/canonical.ts'
import type { RecordBuilder } from '../engine/record.ts'
import { readDateTime } from '../engine/values/date.ts'
import type { MiisObject } from '../parsers/miis-json.ts'
import { type Named, text } from './envelope.ts'

/** Names of the fields of `icuinfo`. */
export interface IcuFields {
  unit: string
  start: string
  end: string
}

export const HOME_PAGE_ICU: IcuFields = { unit: 'icu_codeid', start: 'inpool_icu_time', end: 'out_icu_time' }
export const SETTLEMENT_LIST_ICU: IcuFields = { unit: 'scs_cutd_ward_type', start: 'scs_cutd_inpool_time', end: 'scs_cutd_exit_time' }

export function icuStays(stays: readonly MiisObject[], fields: IcuFields, zone: string) {
  return stays.flatMap((stay) => {
    const unit = text(stay, fields.unit)
    const [start, end] = [fields.start, fields.end].map((field) => readDateTime(text(stay, field) ?? '', zone).value)
    if (unit === undefined || text(stay, 'vali_flag') === '0') return []
    const period = { ...(start && { start }), ...(end && { end }) }
    return [
      {
        url: structureDefinition('cn-icu-stay'),
        extension: [
          { url: 'unit', valueString: unit },
          ...(Object.keys(period).length > 0 ? [{ url: 'period', valuePeriod: period }] : []),
        ],
      },
    ]
  })
}

/** Fields that the stay has read as a whole; a time that is none, and a stay without its unit, are said. */
export function noteIcu(record: RecordBuilder, listed: readonly Named[], fields: IcuFields): void {
  for (const { node, path } of listed) {
    record.offer(node, (field) => `${path}.${field}`)
    record.noteRead(...[fields.unit, fields.start, fields.end, 'vali_flag', 'medins_orgcode'].map((field) => `${path}.${field}`))
    if (text(node, fields.unit) === undefined) record.issue({ severity: 'error', code: 'mapping-required', at: `${path}.${fields.unit}` })
    for (const field of [fields.start, fields.end]) {
      const sent = text(node, field)
      if (sent !== undefined && readDateTime(sent, record.context.timezone).flaw)
        record.issue({ severity: 'warning', code: 'mapping-date-invalid', at: `${path}.${field}` })
    }
  }
}
