/** LOINC's table, `LoincTable/Loinc.csv`; properties by R4 loinc.html#properties. */
import { checkedCode, checkedDisplay, type Format, textProperty } from '../format.ts'

/** Columns that are properties of the same name (R4 loinc.html). */
const PROPERTIES = [
  'COMPONENT',
  'PROPERTY',
  'TIME_ASPCT',
  'SYSTEM',
  'SCALE_TYP',
  'METHOD_TYP',
  'CLASS',
  'CLASSTYPE',
  'STATUS',
  'ORDER_OBS',
  'VersionLastChanged',
  'CHNG_TYPE',
  'UNITSREQUIRED',
  'EXAMPLE_UCUM_UNITS',
  'PanelType',
] as const
/** They are no more to be used: of LOINC's four states the only one (ACTIVE, TRIAL, DISCOURAGED, DEPRECATED). */
const INACTIVE = 'DEPRECATED'

export const loinc: Format = {
  id: 'loinc',
  url: 'http://loinc.org',
  name: 'LOINC',
  title: ['LOINC（Loinc.csv）', 'LOINC (Loinc.csv)'],
  columns: {
    code: ['LOINC_NUM'],
    display: ['LONG_COMMON_NAME'],
    definition: ['DefinitionDescription'],
    short: ['SHORTNAME'],
    consumer: ['CONSUMER_NAME'],
    shown: ['DisplayName'],
    ...Object.fromEntries(PROPERTIES.map((name) => [name, [name]])),
  },
  required: ['code', 'display'],
  properties: [...PROPERTIES],
  concepts: (get) => {
    const definition = get('definition')
    const names = ['short', 'consumer', 'shown'].flatMap((column) => get(column) ?? [])
    return [
      {
        code: checkedCode(get('code')),
        display: checkedDisplay(get('display')),
        ...(definition === undefined ? {} : { definition }),
        designations: [...new Set(names)].map((value) => ({ language: 'en', value })),
        properties: PROPERTIES.flatMap((name) => textProperty(name, get(name))),
        inactive: get('STATUS') === INACTIVE,
      },
    ]
  },
}
