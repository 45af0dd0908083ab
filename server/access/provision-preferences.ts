/** The preferences of a meta consent: `cn-meta-model` of each nested provision; its `type` is not read (consent.md 3.6). */
import type { Zone } from '../fhir/zone.ts'
import { META_MODELS, type MetaModel, type Preference } from './consent-model.ts'
import { criteriaOf, type Element, extensionValues, list, text } from './provision-criteria.ts'

export function preferencesOf(root: Element | undefined, zone: Zone): Preference[] {
  if (!root) return []
  const above = criteriaOf(root, true, zone)
  delete above.period
  return list(root.provision).map((one) => {
    const model = modelOf(one)
    const restricting = model === 'blanket-deny' || model === 'dynamic'
    return { model, criteria: { ...above, ...criteriaOf(one, restricting, zone) } }
  })
}

/** A preference that cannot be read is taken for the strictest. */
function modelOf(element: Element): MetaModel {
  const named = text(extensionValues(element, 'cn-meta-model')[0]?.valueCode)
  return META_MODELS.find((model) => model === named) ?? 'blanket-deny'
}
