/** Who a registered client is, and in what form data may reach it. Words of the configuration, of consents and of decisions. */

export const PARTIES = [
  'hospital',
  'mia',
  'ha',
  'researcher',
  'insurer',
  'pharma',
  'patient',
  'guardian',
  'relative',
  'legal',
  'operator',
] as const
export type Party = (typeof PARTIES)[number]

export const DATA_FORMS = ['IDENT', 'PSEUD', 'ANON'] as const
export type DataForm = (typeof DATA_FORMS)[number]
