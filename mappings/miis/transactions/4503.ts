/** 4503, culture, and 4504, susceptibility of what grew: results of one laboratory report. */
import type { Mapping } from '../../engine/mapping.ts'
import type { ResourceKey } from '../../engine/types.ts'
import { listOf, text } from '../envelope.ts'
import { culture, cultureKey, germMention, germReport, type GermRow, susceptibility, susceptibilityKey } from '../microbiology.ts'
import { personOf } from '../persons.ts'
import { addPerson, naming, type Transaction, withSite } from '../transaction.ts'

const KINDS: Readonly<Record<'4503' | '4504', { map: Mapping<GermRow>; key: (scope: string, row: GermRow) => ResourceKey | undefined }>> = {
  '4503': { map: culture, key: cultureKey },
  '4504': { map: susceptibility, key: susceptibilityKey },
}

export const microbiology = (infno: '4503' | '4504'): Transaction => ({
  infno,
  long: ['data', 'bacterialreportinfo', 'drugsensitivityinfo'],
  *fill(input) {
    const { request, record, context, requestedAt: statedAt } = input
    const { map, key } = KINDS[infno]
    const scope = context.organization(text(request, 'fixmedins_code'))
    const lines = listOf(request, 'input', 'data', infno === '4503' ? 'bacterialreportinfo' : 'drugsensitivityinfo')
    const [first] = lines
    if (first) addPerson(input, personOf(first.node), first.node, first.path, statedAt)
    const reports = new Map<string, GermRow[]>()
    for (const { node, path } of lines) {
      yield
      const at = naming(node, path)
      record.noteRead(...['psn_no', 'mdtrt_id', 'vali_flag', 'appy_no'].map(at))
      // One message is one person's: a line of another person would be stored under the wrong one.
      if (text(node, 'psn_no') !== text(first?.node, 'psn_no')) {
        record.issue({ severity: 'error', code: 'mapping-conflict', at: at('psn_no') })
        continue
      }
      const row = withSite<GermRow>(node, request)
      record.run(map, row, { statedAt, at })
      const germ = infno === '4504' && row.vali_flag !== '0' ? germMention(scope, row) : undefined
      if (germ) record.add(germ)
      const known = row.rpotc_no === undefined ? [] : reports.get(row.rpotc_no)
      if (known) known.push(row)
      else if (row.rpotc_no !== undefined) reports.set(row.rpotc_no, [row])
    }
    for (const rows of reports.values()) {
      const valid = rows.filter(({ vali_flag }) => vali_flag !== '0')
      const results = valid.flatMap((row) => key(scope, row) ?? [])
      // A report all of whose cultures are taken back is none; one that loses its susceptibilities still has the culture.
      const withdrawn = valid.length === 0
      if (withdrawn && infno === '4504') continue
      record.run(germReport, { ...(valid[0] ?? rows[0] ?? {}), results }, { statedAt, offer: false, withdrawn })
    }
  },
})
