import {
  breaks,
  DOCTOR,
  extension,
  HOSPITAL,
  identified,
  lacks,
  outside,
  PATIENT,
  pointsTo,
  single,
  twice,
  unsliced,
  VISIT,
  warns,
} from './broken.ts'
import { B, coding, concept, cs, type ProfileCases, profile, meta, number } from './case.ts'

const V2_0074 = 'http://terminology.hl7.org/CodeSystem/v2-0074'
const LOINC = 'http://loinc.org'
const UCUM = 'http://unitsofmeasure.org'
const DICOM = 'http://dicom.nema.org/resources/ontology/DCM'
const VITAL_SIGNS = concept('http://terminology.hl7.org/CodeSystem/observation-category', 'vital-signs')

export const procedure: ProfileCases = {
  id: 'cn-procedure',
  valid: {
    resourceType: 'Procedure',
    meta: meta('cn-procedure'),
    extension: [
      extension('cn-surgery-level', { valueCoding: coding('urn:oid:2.16.156.10011.2.3.1.258', '3') }),
      extension('cn-incision-class', { valueCode: 'I' }),
      extension('cn-healing-grade', { valueCoding: coding('urn:oid:2.16.156.10011.2.3.1.257', '1') }),
      extension('cn-anaesthesia-method', { valueCodeableConcept: concept('urn:oid:2.16.156.10011.2.3.1.159', '11') }),
      extension('cn-asa-class', { valueCode: 'II' }),
    ],
    identifier: [number('operation', '1')],
    status: 'completed',
    code: {
      coding: [
        { system: 'urn:oid:2.16.156.10011.2.3.3.12', code: '36.1100' },
        { system: cs('nhsa-service'), code: '330802003' },
        { system: `${B}/sid/H1/operation-code`, code: 'CABG' },
      ],
      text: '冠状动脉旁路移植术',
    },
    subject: PATIENT,
    encounter: VISIT,
    performedPeriod: { start: '2026-03-07T08:00:00+08:00', end: '2026-03-07T12:00:00+08:00' },
    performer: ['surgeon', 'assistant1', 'assistant2', 'anaesthetist', 'scrub-nurse'].map((function_) => ({
      function: concept(cs('cn-procedure-role'), function_),
      actor: DOCTOR,
    })),
  },
  broken: [
    ...identified('Procedure'),
    ...single('Procedure', ['surgeryLevel', 'incisionClass', 'healingGrade', 'anaesthesiaMethod', 'asaClass']),
    lacks('Procedure', 'code'),
    lacks('Procedure', 'code.coding[0].code'),
    lacks('Procedure', 'code.coding[1].code'),
    pointsTo('Procedure', 'subject', 'Group/1', 'Patient'),
    twice('Procedure', 'performer[0]', 'surgeon'),
    twice('Procedure', 'performer[1]', 'assistant1'),
    twice('Procedure', 'performer[2]', 'assistant2'),
    breaks('Procedure', 'cn-prc-1', 'an operation of nobody', (r) => delete r.performer),
    breaks('Procedure', 'cn-prc-1', 'an operation at no time', (r) => delete r.performedPeriod),
    warns('Procedure', 'cn-prc-2', 'anaesthesia by no method', (r) => r.extension.splice(3, 1)),
    breaks('Procedure', 'cn-prc-3', 'a code of ICD-10', (r) => (r.code.coding[0].code = 'I20.0'), {
      severity: 'warning',
      path: 'code.coding[0]',
    }),
    breaks('Procedure', 'cn-prc-4', 'neither code nor text', (r) => (r.code = { coding: [{ display: '手术' }] })),
    warns('Procedure', 'cn-prc-5', 'no visit', (r) => delete r.encounter),
  ],
}

const report = (id: string, code: string): ProfileCases['valid'] => ({
  resourceType: 'DiagnosticReport',
  meta: meta(id),
  extension: [
    extension('cn-mutual-recognition', { valueBoolean: true }),
    extension('cn-positive-finding', { valueBoolean: true }),
    {
      url: profile('cn-critical-value'),
      extension: [
        { url: 'found', valueBoolean: true },
        { url: 'told', valueDateTime: '2026-03-06T09:00:00+08:00' },
      ],
    },
  ],
  identifier: [number('exam-report-no', 'JC20260306001')],
  status: 'final',
  category: [concept(V2_0074, code), concept(`${B}/sid/H1/report-kind`, '1')],
  code: { text: '检查' },
  subject: PATIENT,
  encounter: VISIT,
  effectiveDateTime: '2026-03-06T08:00:00+08:00',
  issued: '2026-03-06T10:00:00+08:00',
  performer: [HOSPITAL],
  resultsInterpreter: [DOCTOR],
  conclusion: '未见异常',
})

const CLINICAL_REPORT = (slice: string): ProfileCases['broken'] => [
  ...identified('DiagnosticReport'),
  ...single('DiagnosticReport', ['mutualRecognition', 'positive', 'criticalValue']),
  lacks('DiagnosticReport', 'identifier'),
  lacks('DiagnosticReport', 'category'),
  unsliced('DiagnosticReport', 'category[0]', slice, concept(V2_0074, 'LAB')),
  twice('DiagnosticReport', 'category[0]', slice),
  lacks('DiagnosticReport', 'subject'),
  pointsTo('DiagnosticReport', 'subject', 'Group/1', 'Patient'),
  breaks('DiagnosticReport', 'cn-rpt-4', 'final and it says nothing', (r) => {
    delete r.conclusion
    delete r.conclusionCode
  }),
  breaks('DiagnosticReport', 'cn-rpt-5', 'neither code nor text', (r) => (r.code = { coding: [{ display: '胸片' }] })),
  warns('DiagnosticReport', 'cn-rpt-6', 'no time', (r) => {
    delete r.effectiveDateTime
    delete r.issued
  }),
  warns('DiagnosticReport', 'cn-rpt-7', 'nobody checked it', (r) => delete r.resultsInterpreter),
]

export const imagingReport: ProfileCases = {
  id: 'cn-diagnosticreport-imaging',
  valid: { ...report('cn-diagnosticreport-imaging', 'RAD'), imagingStudy: [{ reference: 'ImagingStudy/1' }] },
  broken: [...CLINICAL_REPORT('imaging'), warns('DiagnosticReport', 'cn-img-1', 'no images', (r) => delete r.imagingStudy)],
}

export const pathologyReport: ProfileCases = {
  id: 'cn-diagnosticreport-pathology',
  valid: {
    ...report('cn-diagnosticreport-pathology', 'PAT'),
    specimen: [{ reference: 'Specimen/1' }],
    conclusionCode: [concept('urn:oid:2.16.156.10011.2.3.3.11.3', 'D12.600')],
  },
  broken: [
    ...CLINICAL_REPORT('pathology'),
    lacks('DiagnosticReport', 'specimen'),
    warns('DiagnosticReport', 'cn-path-1', 'no coded diagnosis', (r) => delete r.conclusionCode),
  ],
}

export const otherReport: ProfileCases = {
  id: 'cn-diagnosticreport-other',
  valid: report('cn-diagnosticreport-other', 'OTH'),
  broken: CLINICAL_REPORT('other'),
}

export const imagingStudy: ProfileCases = {
  id: 'cn-imagingstudy',
  valid: {
    resourceType: 'ImagingStudy',
    meta: meta('cn-imagingstudy'),
    extension: [extension('cn-mutual-recognition', { valueBoolean: true })],
    identifier: [{ system: 'urn:dicom:uid', value: 'urn:oid:1.2.840.113619.2.5.1762583153' }, number('accession', 'CT001')],
    status: 'available',
    modality: [coding(DICOM, 'CT')],
    subject: PATIENT,
    started: '2026-03-06T08:00:00+08:00',
    series: [{ uid: '1.2.840.113619.2.5.1762583153.1', modality: coding(DICOM, 'CT') }],
  },
  broken: [
    ...identified('ImagingStudy', 'identifier[1]'),
    ...single('ImagingStudy', ['mutualRecognition']),
    lacks('ImagingStudy', 'identifier'),
    twice('ImagingStudy', 'identifier[0]', 'uid'),
    pointsTo('ImagingStudy', 'subject', 'Group/1', 'Patient'),
    outside('ImagingStudy', 'modality[0]', coding(DICOM, 'XYZ'), { severity: 'warning' }),
    outside('ImagingStudy', 'series[0].modality', coding(DICOM, 'XYZ'), { severity: 'warning' }),
    breaks('ImagingStudy', 'cn-img-2', 'a number that is no OID', (r) => (r.identifier[0].value = 'urn:oid:1.02.3'), {
      path: 'identifier[0]',
    }),
    breaks('ImagingStudy', 'cn-img-2', 'a number of 65 characters', (r) => (r.identifier[0].value = `urn:oid:1.${'2'.repeat(63)}`), {
      path: 'identifier[0]',
    }),
    warns('ImagingStudy', 'cn-img-3', 'no time', (r) => delete r.started),
    breaks('ImagingStudy', 'cn-img-4', 'of no kind', (r) => {
      delete r.modality
      delete r.series
    }),
  ],
}

export const specimen: ProfileCases = {
  id: 'cn-specimen',
  valid: {
    resourceType: 'Specimen',
    meta: meta('cn-specimen'),
    identifier: [number('specimen-no', '1')],
    type: concept('http://terminology.hl7.org/CodeSystem/v2-0487', 'BLD'),
    subject: PATIENT,
    collection: { collectedDateTime: '2026-03-06T06:30:00+08:00' },
  },
  broken: [
    ...identified('Specimen'),
    lacks('Specimen', 'identifier'),
    lacks('Specimen', 'type'),
    lacks('Specimen', 'subject'),
    pointsTo('Specimen', 'subject', 'Group/1', 'Patient'),
    warns('Specimen', 'cn-spc-2', 'taken at no time', (r) => delete r.collection),
    breaks('Specimen', 'cn-spc-3', 'neither code nor text', (r) => (r.type = { coding: [{ display: '血' }] })),
  ],
}

const quantity = (value: number, unit: string): object => ({ value, unit, system: UCUM, code: unit })

export const vitalSign: ProfileCases = {
  id: 'cn-vital-sign',
  valid: {
    resourceType: 'Observation',
    meta: meta('cn-vital-sign'),
    extension: [
      extension('cn-temperature-site', { valueCode: 'axillary' }),
      extension('cn-after-cooling', { valueBoolean: false }),
      extension('cn-chart-slot', { valueTime: '06:00:00' }),
    ],
    identifier: [number('vital-sign', '1')],
    status: 'final',
    category: [VITAL_SIGNS, concept(`${B}/sid/H1/observation-kind`, '1')],
    code: concept(LOINC, '8310-5'),
    subject: PATIENT,
    encounter: VISIT,
    effectiveDateTime: '2026-03-06T06:00:00+08:00',
    valueQuantity: quantity(38.2, 'Cel'),
  },
  broken: [
    ...identified('Observation'),
    ...single('Observation', ['site', 'afterCooling', 'chartSlot']),
    lacks('Observation', 'category'),
    unsliced('Observation', 'category[0]', 'vitalSigns', concept('urn:x', 'y')),
    twice('Observation', 'category[0]', 'vitalSigns'),
    outside('Observation', 'code', concept(LOINC, '718-7'), { severity: 'warning' }),
    lacks('Observation', 'subject'),
    pointsTo('Observation', 'subject', 'Group/1', 'Patient'),
    lacks('Observation', 'effectiveDateTime', { expression: 'Observation.effective' }),
    [
      'measured at an instant',
      (r) => {
        delete r.effectiveDateTime
        r.effectiveInstant = '2026-03-06T06:00:00+08:00'
      },
      { code: 'type', rule: 'dateTime | Period', expression: 'Observation.effective' },
    ],
    breaks('Observation', 'cn-vs-1', 'a temperature that nobody has', (r) => (r.valueQuantity.value = 98.6)),
    breaks('Observation', 'cn-vs-2', 'no value', (r) => delete r.valueQuantity),
    warns('Observation', 'cn-vs-3', 'a pulse that nobody has', (r) => {
      r.code = concept(LOINC, '8893-0')
      r.valueQuantity = quantity(720, '/min')
    }),
  ],
}

/** The same profile with the two components of a blood pressure. */
export const bloodPressure: ProfileCases = {
  id: 'cn-vital-sign',
  valid: {
    resourceType: 'Observation',
    meta: meta('cn-vital-sign'),
    status: 'final',
    category: [VITAL_SIGNS],
    code: concept(LOINC, '85354-9'),
    subject: PATIENT,
    effectiveDateTime: '2026-03-06T06:00:00+08:00',
    component: [
      { code: concept(LOINC, '8480-6'), valueQuantity: quantity(120, 'mm[Hg]') },
      { code: concept(LOINC, '8462-4'), valueQuantity: quantity(80, 'mm[Hg]') },
      { code: concept(LOINC, '8478-0'), valueQuantity: quantity(93, 'mm[Hg]') },
    ],
  },
  broken: [
    twice('Observation', 'component[0]', 'systolic'),
    twice('Observation', 'component[1]', 'diastolic'),
    ...[0, 1].map((index): ProfileCases['broken'][number] => [
      `component ${index} in words`,
      (r) => {
        delete r.component[index].valueQuantity
        r.component[index].valueString = '高'
      },
      { code: 'type', rule: 'Quantity', expression: `Observation.component[${index}].value` },
    ]),
    breaks('Observation', 'cn-vs-4', 'half a blood pressure', (r) => r.component.splice(0, 1)),
  ],
}

export const temperatureList: ProfileCases = {
  id: 'cn-temperature-list',
  valid: {
    resourceType: 'List',
    meta: meta('cn-temperature-list'),
    identifier: [number('temperature-list', '1')],
    status: 'current',
    mode: 'working',
    code: concept('urn:oid:2.16.156.10011.2.4', 'C0020'),
    subject: PATIENT,
    encounter: VISIT,
    date: '2026-03-12',
    entry: [{ flag: concept(cs('cn-chart-event'), 'surgery'), item: { reference: 'Observation/1' } }],
  },
  broken: [
    ...identified('List'),
    lacks('List', 'identifier'),
    ['a snapshot', (r) => (r.mode = 'snapshot'), { code: 'fixed', expression: 'List.mode' }],
    lacks('List', 'code'),
    ['another document', (r) => (r.code.coding[0].code = 'C0021'), { code: 'fixed', expression: 'List.code' }],
    lacks('List', 'subject'),
    pointsTo('List', 'subject', 'Group/1', 'Patient'),
    lacks('List', 'encounter'),
    lacks('List', 'date'),
    outside('List', 'entry[0].flag', concept(cs('cn-chart-event'), 'party'), { severity: 'warning' }),
    pointsTo('List', 'entry[0].item', 'Condition/1', 'Observation'),
    warns('List', 'cn-tl-1', 'no marks', (r) => delete r.entry),
  ],
}
