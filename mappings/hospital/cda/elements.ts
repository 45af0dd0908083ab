/**
 * What each data element of the 53 documents (WS/T 500-2016, elements of WS 363) becomes beside its line in the Composition: its home. Data, not
 * code: the reader of each home is a module of this folder. An element that is not listed stays in the text of its section.
 */
import type { Statement } from './statement.ts'

export type Home =
  /** words for people: the section's text is their place */
  | 'text'
  | 'diagnosis'
  | 'operation'
  | 'transfusion'
  | 'drug'
  | 'device'
  | 'order'
  | 'allergy'
  | 'vital'
  /** name of something that was observed, and what was observed of it (pairs.ts) */
  | 'pair'
  /** part of a laboratory or examination report */
  | 'report'
  | 'money'
  | 'visit'
  | 'death'
  /** of the child, where the document is the mother's */
  | 'newborn'
  | Category

/** Observations coded with the data element itself, by category. */
export type Category = 'exam' | 'laboratory' | 'imaging' | 'procedure' | 'social-history' | 'survey' | 'therapy' | 'activity'

export const CATEGORIES: ReadonlySet<string> = new Set<Category>([
  'exam',
  'laboratory',
  'imaging',
  'procedure',
  'social-history',
  'survey',
  'therapy',
  'activity',
])

/** Codes without their `DE` and `.00`. */
const LISTED: Readonly<Partial<Record<Home, string>>> = {
  diagnosis: `02.10.024 04.01.121 05.01.021 05.01.024 05.01.025 05.01.076 05.01.078 05.01.080 05.10.007 05.10.025 05.10.099 05.10.109
    05.10.130 05.10.152 05.10.172 09.00.104`,
  operation: `05.10.063 05.10.129 05.10.147 05.10.151 06.00.073 06.00.093 06.00.094 06.00.187 06.00.218 06.00.221 06.00.226 06.00.227 06.00.250 06.00.251
    06.00.255 06.00.256 06.00.257 06.00.302 06.00.305 06.00.306 06.00.321 06.00.340 08.50.037 08.50.057`,
  transfusion: `01.00.023 04.50.147 06.00.107 06.00.262 06.00.263 06.00.264 06.00.265 06.00.266 06.00.267 08.50.036 08.50.040`,
  drug: `06.00.133 06.00.135 06.00.136 06.00.164 06.00.269 06.00.293 06.00.294 08.50.011 08.50.022 08.50.024 08.50.032 08.50.043 08.50.047
    08.50.049 08.50.050 08.50.056`,
  device: '08.50.035 08.50.058',
  order: '01.00.008 06.00.286 06.00.288 06.00.289 06.00.290',
  allergy: '02.10.022 05.01.022',
  vital: `04.10.052 04.10.081 04.10.082 04.10.118 04.10.167 04.10.174 04.10.176 04.10.186 04.10.188 04.10.206 04.50.149`,
  pair: `02.10.028 02.10.031 04.30.009 04.30.010 04.30.020 05.10.001 06.00.209 06.00.210 06.00.215 06.00.216 06.00.281 06.00.342`,
  report: `02.10.027 04.30.015 04.30.016 04.30.017 04.30.018 04.30.019 04.50.130 04.50.131 04.50.134 04.50.135 08.50.027`,
  visit: `01.00.010 01.00.014 02.10.090 05.10.053 06.00.017 06.00.092 06.00.223 06.00.310 06.00.339 07.00.007 08.10.013`,
  death: '02.01.036',
  newborn: '02.01.040 04.10.018 04.10.019 05.10.160 05.10.167 05.10.168',
  exam: `02.01.014 02.10.002 02.10.051 02.10.062 04.01.018 04.01.048 04.01.051 04.01.108 04.01.123 04.10.012 04.10.013 04.10.031 04.10.042
    04.10.046 04.10.065 04.10.067 04.10.093 04.10.114 04.10.126 04.10.175 04.10.179 04.10.183 04.10.195 04.10.207 04.10.219 04.10.233
    04.10.236 04.10.237 04.10.239 04.10.240 04.10.245 04.10.246 04.10.247 04.10.248 04.10.249 04.10.250 04.10.252 04.10.253 04.10.254
    04.10.255 04.10.256 04.10.257 04.10.261 04.10.262 04.10.263 04.10.264 04.10.265 04.30.052 04.30.053 04.30.054 04.30.055 04.30.056
    04.30.057 04.30.058 04.30.059 04.30.061 04.30.062 04.30.063 04.50.139 05.01.003 05.01.044 05.10.022 05.10.028 05.10.031 05.10.065
    05.10.070 05.10.084 05.10.097 05.10.098 05.10.113 05.10.119 05.10.122 05.10.134 05.10.135 05.10.137 05.10.142 05.10.145 05.10.149
    05.10.153 05.10.154 05.10.155 05.10.156 05.10.157 05.10.161 05.10.163 05.10.164 05.10.166 05.10.173 06.00.019 06.00.020 06.00.021
    06.00.026 06.00.196 06.00.197 06.00.224 06.00.230 06.00.261 06.00.273 09.00.053`,
  laboratory: '04.30.060 04.50.001 04.50.010 04.50.026 04.50.048 04.50.102 04.50.128 04.50.138 04.50.142',
  imaging: '04.30.002 04.30.005 04.30.045',
  procedure: `01.00.016 04.10.260 04.30.043 05.01.077 05.10.165 06.00.011 06.00.097 06.00.185 06.00.200 06.00.208 06.00.213 06.00.225 06.00.228
    06.00.233 06.00.239 06.00.240 06.00.253 06.00.259 06.00.260 06.00.268 06.00.307 06.00.311 06.00.312 06.00.318 08.50.044 08.50.045
    09.00.111`,
  'social-history': '03.00.030 03.00.053 03.00.054 03.00.065 03.00.070 03.00.073 03.00.076 03.00.080',
  survey: `02.01.079 02.10.023 05.10.143 05.10.144 06.00.106 06.00.108 06.00.112 06.00.180 06.00.194 06.00.243 06.00.244 06.00.245 06.00.279
    06.00.280 06.00.304 09.00.108 09.00.115`,
  therapy: '06.00.178 06.00.201 06.00.202 06.00.204 06.00.211 06.00.212 06.00.229 06.00.283 06.00.291 06.00.338',
}

const HOMES: ReadonlyMap<string, Home> = new Map([
  ...Object.entries(LISTED).flatMap(([home, codes]) =>
    codes
      .trim()
      .split(/\s+/)
      .map((code) => [`DE${code}.00`, home as Home] as const),
  ),
  ...['01', '02', '03'].map((part) => [`DE05.10.138.${part}`, 'exam'] as const),
])

/** One data element stands for different things; the name of some says another home than the element's own. */
const NAMED: readonly (readonly [element: string, words: RegExp, home: Home])[] = [
  ['DE02.10.022.00', /接种/, 'text'],
  ['DE04.01.118.00', /过敏/, 'allergy'],
  ['DE04.10.188.00', /孕前/, 'exam'],
  ['DE04.50.001.00', /申请/, 'transfusion'],
  ['DE04.50.010.00', /申请/, 'transfusion'],
  ['DE05.01.025.00', /诊疗计划/, 'text'],
  ['DE05.01.044.00', /新生儿/, 'newborn'],
  ['DE05.10.063.00', /依据/, 'text'],
  ['DE05.10.109.00', /检查/, 'laboratory'],
  ['DE06.00.073.00', /有创操作/, 'text'],
  ['DE06.00.136.00', /用药指导/, 'text'],
  ['DE06.00.181.00', /输血/, 'transfusion'],
  ['DE06.00.209.00', /导管/, 'therapy'],
  ['DE06.00.218.00', /观察/, 'exam'],
  ['DE06.00.340.00', /输血/, 'transfusion'],
]

export function homeOf({ element, words }: Pick<Statement, 'element' | 'words'>): Home {
  const named = NAMED.find(([code, pattern]) => code === element && pattern.test(words))
  if (named) return named[2]
  return HOMES.get(element) ?? (/^HDSD/.test(element) ? 'money' : 'text')
}
