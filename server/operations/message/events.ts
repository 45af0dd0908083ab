/**
 * The messages that are processed here, as data: their event, and what they carry. An event is one line. R4 has no events of its own
 * (messagedefinition.html); these two are what hospitals send most.
 */
import { codeSystem } from '../../fhir/canonical.ts'

export interface MessageEvent {
  code: string
  zh: string
  en: string
  /** types that it is about: what is known by its identifier is replaced, what is not is created */
  writes: readonly string[]
  /** types that it refers to: what is known by its identifier stays as it is, what is not is created */
  names: readonly string[]
}

export const EVENT_SYSTEM = codeSystem('yilian-message-event')

const ABOUT_ORDERS = ['Patient', 'Encounter', 'Practitioner', 'PractitionerRole', 'Organization', 'Device', 'Location']

export const EVENTS: readonly MessageEvent[] = [
  {
    code: 'patient-data',
    zh: '患者资料',
    en: 'patient data',
    writes: ['Patient', 'RelatedPerson'],
    names: ['Organization', 'Practitioner'],
  },
  {
    code: 'laboratory-result',
    zh: '检验结果',
    en: 'laboratory result',
    writes: ['ServiceRequest', 'Specimen', 'Observation', 'DiagnosticReport'],
    names: ABOUT_ORDERS,
  },
]

/** `eventCoding` with our system, or `eventUri`, which is system and code as one address (`…#code`). */
export function eventOf({
  eventCoding,
  eventUri,
}: {
  eventCoding?: { system?: unknown; code?: unknown }
  eventUri?: unknown
}): MessageEvent | undefined {
  return EVENTS.find(({ code }) =>
    eventCoding ? eventCoding.system === EVENT_SYSTEM && eventCoding.code === code : eventUri === `${EVENT_SYSTEM}#${code}`,
  )
}
