/** TB_HIS_ZY_FEE_DETAIL_FS, one row per charge of a stay, to cn-chargeitem; a refund is a row of its own. */
import type { ChargeItem } from '@medplum/fhirtypes'
import { codeSystem, localSystem, structureDefinition } from '../../../server/fhir/canonical.ts'
import { itemConcept, itemKind } from '../../engine/charged-item.ts'
import { keys, referTo } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import type { RecordBuilder } from '../../engine/record.ts'
import type { RowView, Run } from '../../engine/rule.ts'
import { mapSourceSystem } from '../../engine/systems.ts'
import type { KeyReference, ResourceKey } from '../../engine/types.ts'
import { filled } from '../../engine/values/blank.ts'
import { Decimal, multiply, negate, readDecimal, within } from '../../engine/values/decimal.ts'
import { weak } from './identity.ts'
import { apply, type Table, type Values } from './table.ts'
import { table } from '../../engine/values/table.ts'

type Column =
  | 'YLJGYQDM'
  | 'SFMXID'
  | 'STFBZ'
  | 'JZLSH'
  | 'YZID'
  | 'MXFYLB'
  | 'FYFSSJ'
  | 'MXXMBM'
  | 'MXXMBMYB'
  | 'MXXMMC'
  | 'MXXMDJ'
  | 'MXXMSL'
  | 'MXXMDW'
  | 'MXXMJE'
  | 'XGBZ'
type ChargeRow = { [K in Column]?: string }

const REFUND = '2'

/** A charge is the hospital's own line; what gives it back is a thing of its own. */
const charged = (run: Run, chargeNo: string): ResourceKey => keys.charge(run.scope, chargeNo)
const refundOf = (run: Run, chargeNo: string): ResourceKey => {
  const { parts, ...rest } = charged(run, chargeNo)
  return { ...rest, parts: [...parts, 'refund'] }
}

/** Amounts of a refund are sent positive (formats.md C1); inside, what is given back is negative, as the insurance sends it (D32). */
const signed = <T extends { value: Decimal }>(amount: T, run: Run): T =>
  run.text('STFBZ') === REFUND && !amount.value.text.startsWith('-') ? { ...amount, value: negate(amount.value) } : amount

const CATEGORY = { system: codeSystem('nhsa-fee-category') }
const OTHER = { ...CATEGORY, code: '14', display: '其他费' }
const BY_SHAPE: Partial<Record<string, { code: string; display: string }>> = table({
  herbal: { code: '10', display: '中药饮片费' },
  material: { code: '08', display: '卫生材料费' },
})

/**
 * The national fee category, which the profile demands. A platform's own categories differ from place to place: without a map of the site
 * the national code of the item tells herbs and materials, and the rest is among the others until the site maps it.
 */
function category(row: RowView<ChargeRow>, run: Run) {
  const target = row.MXFYLB === undefined ? undefined : run.context.translate('rhip-fee-category', row.MXFYLB)
  if (target) return target
  if (row.MXFYLB !== undefined) run.unmapped({ map: 'rhip-fee-category', system: mapSourceSystem('rhip-fee-category'), code: row.MXFYLB })
  // Of whatever stands there then the sender did not say it.
  run.flaw('MXFYLB', 'mapping-value-assumed', 'information')
  const shape = BY_SHAPE[itemKind(row.MXXMBMYB) ?? '']
  return shape ? { ...CATEGORY, ...shape } : OTHER
}

/** Orders for drugs and others have numbers of their own; which it was says the national code of the item. */
function orderOf(row: RowView<ChargeRow>, run: Run): { display: string } | undefined {
  if (row.YZID === undefined) return undefined
  const kind = itemKind(row.MXXMBMYB)
  const number = kind === 'drug' || kind === 'herbal' ? 'order-no' : 'request-no'
  const identifier = { system: localSystem(run.scope, number), value: row.YZID }
  return { identifier, display: '医嘱' } as { display: string }
}

export const charge = mapping<ChargeRow, ChargeItem>({
  source: 'rhip/TB_HIS_ZY_FEE_DETAIL_FS',
  to: 'ChargeItem',
  profile: 'cn-chargeitem',
  id: (row, run) => {
    if (row.SFMXID === undefined || row.STFBZ === undefined) return undefined
    return row.STFBZ === REFUND ? refundOf(run, row.SFMXID) : charged(run, row.SFMXID)
  },
  organization: 'YLJGYQDM',
  withdrawn: (row) => row.XGBZ === '2',
  rules: (from) => ({
    extension: [
      { url: structureDefinition('cn-fee-category'), valueCoding: from.value(['MXFYLB', 'MXXMBMYB'], category) },
      { url: structureDefinition('cn-unit-price'), valueMoney: from.money('MXXMDJ') },
    ],
    identifier: [from.identifier((scope) => localSystem(scope, 'charge-no'), 'SFMXID')],
    status: 'billable',
    partOf: [
      from.value('STFBZ', (row, run): KeyReference | undefined =>
        row.STFBZ === REFUND && row.SFMXID !== undefined ? referTo(charged(run, row.SFMXID)) : undefined,
      ),
    ],
    code: from.value(['MXXMBMYB', 'MXXMBM', 'MXXMMC'], (row, run) => itemConcept(run, row.MXXMBMYB, row.MXXMBM, row.MXXMMC)).required(),
    subject: from.patient(),
    context: from.encounter('JZLSH'),
    occurrenceDateTime: from.dateTime('FYFSSJ'),
    quantity: from.quantity('MXXMSL', 'MXXMDW').as(signed),
    priceOverride: from.money('MXXMJE').as(signed),
    // The order by its number alone: it may never come.
    supportingInformation: [from.value(['YZID', 'MXXMBMYB'], orderOf)],
  }),
})

/** Systems round to the fen, each on its own. */
const TOLERANCE = new Decimal('0.01')

/** MXXMDJ × MXXMSL = MXXMJE: broken, it is stored as sent and flagged (formats.md D31). */
function checkLine(record: RecordBuilder, row: Values): void {
  const [price, count, total] = [row.MXXMDJ, row.MXXMSL, row.MXXMJE].map((sent) => readDecimal(filled(sent) ?? ''))
  if (price && count && total && !within(multiply(price, count), total, TOLERANCE))
    record.issue({ severity: 'warning', code: 'mapping-sum', at: 'MXXMJE' })
}

export const CHARGES: Table = {
  key: ['YLJGYQDM', 'SFMXID', 'STFBZ'],
  stated: [],
  fill: (record, row, statedAt) => {
    record.patient = { local: weak('VISIT', row.JZLSH, row, record.context) }
    apply(record, charge, row, statedAt)
    checkLine(record, row)
  },
}
