/**
 * Columns of the home page that come several times: diagnoses, operations, stays in intensive care. Their codes of 2012 (`P…`) follow no rule;
 * those in force since count (`C06x01C`), and so do these names. [V: read in several public programs that write or read such files]
 */

/** One diagnosis: code, name, condition on admission, and how it ended where the older page says it. */
export interface DiagnosisColumns {
  code: string
  name: string
  condition?: string
  outcome?: string
}

/** One operation. */
export interface OperationColumns {
  code: string
  name: string
  date: string
  level: string
  duration: string
  surgeon: string
  assistant1: string
  assistant2: string
  incision: string
  anaesthesia: string
  asa: string
  anaesthetist: string
  site?: string
}

const two = (n: number): string => String(n).padStart(2, '0')
const columns = (text: string): string[] => text.split(' ')

/** 40 of each are what the interface has room for. */
const OTHERS = 40

export const MAIN_DIAGNOSIS: DiagnosisColumns = { code: 'C03C', name: 'C04N', condition: 'C05C', outcome: 'P323' }

/** Outcomes stand in the codes of 2012 alone, of the first ten. */
const OUTCOMES = columns('P326 P329 P3293 P3296 P3299 P3283 P3286 P3289 P3273 P3276')

export const OTHER_DIAGNOSES: readonly DiagnosisColumns[] = Array.from({ length: OTHERS }, (_, at) => ({
  code: `C06X${two(at + 1)}C`,
  name: `C07X${two(at + 1)}N`,
  condition: `C08X${two(at + 1)}C`,
  ...(OUTCOMES[at] !== undefined && { outcome: OUTCOMES[at] }),
}))

/** Sites stand in the codes of 2012 alone, of the first ten. */
const SITES = columns('P493 P4914 P4925 P4536 P4547 P45005 P45017 P45029 P45041 P45053')

export const OPERATIONS: readonly OperationColumns[] = [
  {
    code: 'C14X01C',
    name: 'C15X01N',
    date: 'C16X01',
    level: 'C17X01',
    duration: 'F13',
    surgeon: 'C18X01',
    assistant1: 'C19X01',
    assistant2: 'C20X01',
    incision: 'C21X01C',
    anaesthesia: 'C22X01C',
    asa: 'F15',
    anaesthetist: 'C23X01',
    site: 'P493',
  },
  ...Array.from({ length: OTHERS }, (_, at) => {
    const n = two(at + 1)
    const site = SITES[at + 1]
    return {
      code: `C35X${n}C`,
      name: `C36X${n}N`,
      date: `C37X${n}`,
      level: `C38X${n}`,
      duration: `F14X${n}`,
      surgeon: `C39X${n}`,
      assistant1: `C40X${n}`,
      assistant2: `C41X${n}`,
      incision: `C42X${n}C`,
      anaesthesia: `C43X${n}C`,
      asa: `F16X${n}`,
      anaesthetist: `C44X${n}`,
      ...(site !== undefined && { site }),
    }
  }),
]

/** Code, name and condition of the other diagnoses in the codes of 2012. */
const OLD_DIAGNOSES = [
  'P324 P325 P806',
  'P327 P328 P807',
  'P3291 P3292 P808',
  'P3294 P3295 P809',
  'P3297 P3298 P810',
  'P3281 P3282 P811',
  'P3284 P3285 P812',
  'P3287 P3288 P813',
  'P3271 P3272 P814',
  'P3274 P3275 P815',
].map(columns)

/** Code, date, level, name, duration, surgeon, both assistants, anaesthesia, its class, incision, anaesthetist. */
const OLD_OPERATIONS = [
  'P490 P491 P820 P492 P494 P495 P496 P497 P498 P4981 P499 P4910',
  'P4911 P4912 P821 P4913 P4915 P4916 P4917 P4918 P4919 P4982 P4920 P4921',
  'P4922 P4923 P822 P4924 P4526 P4527 P4528 P4529 P4530 P4983 P4531 P4532',
  'P4533 P4534 P823 P4535 P4537 P4538 P4539 P4540 P4541 P4984 P4542 P4543',
  'P4544 P4545 P824 P4546 P4548 P4549 P4550 P4551 P4552 P4985 P4553 P4554',
  'P45002 P45003 P825 P45004 P45006 P45007 P45008 P45009 P45010 P45011 P45012 P45013',
  'P45014 P45015 P826 P45016 P45018 P45019 P45020 P45021 P45022 P45023 P45024 P45025',
  'P45026 P45027 P827 P45028 P45030 P45031 P45032 P45033 P45034 P45035 P45036 P45037',
  'P45038 P45039 P828 P45040 P45042 P45043 P45044 P45045 P45046 P45047 P45048 P45049',
  'P45050 P45051 P829 P45052 P45054 P45055 P45056 P45057 P45058 P45059 P45060 P45061',
].map(columns)

const ORDER = [
  'code',
  'date',
  'level',
  'name',
  'duration',
  'surgeon',
  'assistant1',
  'assistant2',
  'anaesthesia',
  'asa',
  'incision',
  'anaesthetist',
] as const

/** A stay in intensive care: unit, beginning, end. */
export const ICU_STAYS = ['P6911 P6912 P6913', 'P6914 P6915 P6916', 'P6917 P6918 P6919', 'P6920 P6921 P6922', 'P6923 P6924 P6925'].map(
  columns,
) as [unit: string, start: string, end: string][]

/** Codes of 2012 to those in force, of what comes several times. */
export const OLD_NAMES: readonly (readonly [old: string, name: string])[] = [
  ...OLD_DIAGNOSES.flatMap(([code, name, condition], at) => {
    const now = OTHER_DIAGNOSES[at] as DiagnosisColumns
    return [
      [code, now.code],
      [name, now.name],
      [condition, now.condition],
    ] as [string, string][]
  }),
  ...OLD_OPERATIONS.flatMap((olds, at) =>
    ORDER.map((part, place): [string, string] => [olds[place] as string, (OPERATIONS[at] as OperationColumns)[part] as string]),
  ),
]

export const GROUP_COLUMNS: readonly string[] = [
  ...[MAIN_DIAGNOSIS, ...OTHER_DIAGNOSES, ...OPERATIONS].flatMap((group) => Object.values(group as object) as string[]),
  ...ICU_STAYS.flat(),
]
