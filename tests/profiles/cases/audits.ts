import {
  breaks,
  differs,
  extension,
  HOSPITAL,
  identified,
  lacks,
  outside,
  PATIENT,
  pointsTo,
  single,
  twice,
  type Broken,
  warns,
} from './broken.ts'
import { B, coding, concept, cs, type ProfileCases, profile, meta } from './case.ts'

const REASON = 'http://terminology.hl7.org/CodeSystem/v3-ActReason'
const ROLE = 'http://terminology.hl7.org/CodeSystem/object-role'
const purpose = (code: string): object => concept(REASON, code)

export const auditEvent: ProfileCases = {
  id: 'cn-auditevent',
  valid: {
    resourceType: 'AuditEvent',
    meta: meta('cn-auditevent'),
    type: coding('http://terminology.hl7.org/CodeSystem/audit-event-type', 'rest'),
    subtype: [coding('http://hl7.org/fhir/restful-interaction', 'read')],
    action: 'R',
    recorded: '2026-03-06T08:16:00+08:00',
    outcome: '4',
    outcomeDesc: 'btg-role',
    purposeOfEvent: [purpose('BTG')],
    agent: [{ who: { identifier: { system: `${B}/sid/client`, value: 'h1-ward' } }, requestor: true, purposeOfUse: [purpose('BTG')] }],
    source: { observer: { display: 'yilian' } },
    entity: [
      { what: PATIENT, role: coding(ROLE, '1') },
      { what: { reference: 'Consent/1' }, role: coding(ROLE, '13') },
      { role: coding(ROLE, '24'), detail: [{ type: 'breakGlassReason', valueString: '抢救' }] },
      { what: { reference: 'Observation/1' }, role: coding(ROLE, '4') },
    ],
  },
  broken: [
    lacks('AuditEvent', 'subtype'),
    lacks('AuditEvent', 'action'),
    lacks('AuditEvent', 'outcome'),
    outside('AuditEvent', 'purposeOfEvent[0]', purpose('FUN')),
    outside('AuditEvent', 'agent[0].purposeOfUse[0]', purpose('FUN')),
    lacks('AuditEvent', 'entity[0].what'),
    pointsTo('AuditEvent', 'entity[0].what', 'Group/1', 'Patient'),
    lacks('AuditEvent', 'entity[1].what'),
    pointsTo('AuditEvent', 'entity[1].what', 'Contract/1', 'Consent'),
    twice('AuditEvent', 'entity[2]', 'query'),
    breaks('AuditEvent', 'cn-aud-1', 'refused, and nobody says why', (r) => delete r.outcomeDesc),
    breaks('AuditEvent', 'cn-aud-2', 'broke the glass without a word', (r) => delete r.entity[2].detail),
    breaks('AuditEvent', 'cn-aud-3', 'asked by nobody', (r) => (r.agent[0].requestor = false)),
  ],
}

const POPULATION = 'http://terminology.hl7.org/CodeSystem/measure-population'
const population = (code: string, more: object): object => ({ code: concept(POPULATION, code), ...more })
const criteria = { language: 'text/fhirpath', expression: 'true' }
const SCORING = 'http://terminology.hl7.org/CodeSystem/measure-scoring'

const measure = (scoring: object, more: object): ProfileCases['valid'] => ({
  resourceType: 'Measure',
  meta: meta('cn-measure'),
  url: `${B}/Measure/dq-c1`,
  version: '1',
  name: 'MandatoryFill',
  title: '必填项完整率',
  status: 'active',
  topic: [concept(cs('cn-quality-dimension'), 'completeness')],
  scoring,
  improvementNotation: concept('http://terminology.hl7.org/CodeSystem/measure-improvement-notation', 'increase'),
  ...more,
})

export const proportion: ProfileCases = {
  id: 'cn-measure',
  valid: measure(concept(SCORING, 'proportion'), {
    group: [{ population: [population('denominator', { criteria }), population('numerator', { criteria })] }],
  }),
  broken: [
    lacks('Measure', 'url'),
    lacks('Measure', 'version'),
    lacks('Measure', 'title'),
    lacks('Measure', 'topic'),
    outside('Measure', 'topic[0]', concept(cs('cn-quality-dimension'), 'beauty')),
    lacks('Measure', 'scoring'),
    outside('Measure', 'scoring', concept(SCORING, 'cohort')),
    lacks('Measure', 'improvementNotation'),
    breaks('Measure', 'cn-mea-1', 'no numerator', (r) => r.group[0].population.pop()),
  ],
}

/** The same profile with parts and weights. */
export const composite: ProfileCases = {
  id: 'cn-measure',
  valid: measure(concept(cs('cn-measure-scoring'), 'composite'), {
    relatedArtifact: [
      { extension: [extension('cn-measure-weight', { valueDecimal: 0.25 })], type: 'composed-of', resource: `${B}/Measure/dq-c1` },
    ],
  }),
  broken: [
    breaks('Measure', 'cn-mea-2', 'a part without a weight', (r) => delete r.relatedArtifact[0].extension),
    twice('Measure', 'relatedArtifact[0].extension[0]', 'weight'),
    [
      'a weight above 1',
      (r) => (r.relatedArtifact[0].extension[0].valueDecimal = 25),
      {
        code: 'invariant',
        rule: 'cn-wgt-1',
        expression: 'Measure.relatedArtifact[0].extension[0].value',
        profile: profile('cn-measure-weight'),
      },
    ],
  ],
}

export const measureReport: ProfileCases = {
  id: 'cn-measurereport',
  valid: {
    resourceType: 'MeasureReport',
    meta: meta('cn-measurereport'),
    extension: [extension('cn-audited-source', { valueCode: 'rhip' }), extension('cn-grade', { valueCode: 'B' })],
    status: 'complete',
    type: 'summary',
    measure: `${B}/Measure/dq-c1`,
    date: '2026-04-01T00:00:00+08:00',
    reporter: HOSPITAL,
    period: { start: '2026-03-01', end: '2026-03-31' },
    group: [
      { population: [population('denominator', { count: 100 }), population('numerator', { count: 90 })], measureScore: { value: 90 } },
    ],
  },
  broken: [
    ...single('MeasureReport', ['source', 'grade']),
    differs('MeasureReport', 'type', 'individual'),
    lacks('MeasureReport', 'date'),
    lacks('MeasureReport', 'reporter'),
    pointsTo('MeasureReport', 'reporter', 'Practitioner/1', 'Organization'),
    lacks('MeasureReport', 'group'),
    breaks('MeasureReport', 'cn-mrp-1', 'more good ones than there are', (r) => (r.group[0].population[1].count = 101)),
    warns('MeasureReport', 'cn-mrp-2', 'complete without a score', (r) => delete r.group[0].measureScore),
  ],
}

export const cohort: ProfileCases = {
  id: 'cn-cohort',
  valid: {
    resourceType: 'Group',
    meta: meta('cn-cohort'),
    extension: [extension('cn-cohort-criteria', { valueCanonical: `${B}/Library/cohort-1` })],
    identifier: [{ system: `${B}/sid/U1/cohort`, value: '1' }],
    type: 'person',
    actual: true,
    name: '冠心病队列',
    quantity: 1,
    managingEntity: HOSPITAL,
    member: [{ entity: PATIENT }, { entity: { reference: 'Patient/2' }, inactive: true }],
  },
  broken: [
    ...identified('Group'),
    ...single('Group', ['criteria']),
    differs('Group', 'type', 'animal'),
    lacks('Group', 'name'),
    lacks('Group', 'managingEntity'),
    pointsTo('Group', 'member[0].entity', 'Device/1', 'Patient'),
    breaks('Group', 'cn-grp-1', 'two persons, says it', (r) => (r.quantity = 2)),
  ],
}

const LIBRARY_TYPE = 'http://terminology.hl7.org/CodeSystem/library-type'

export const library: ProfileCases = {
  id: 'cn-library',
  valid: {
    resourceType: 'Library',
    meta: meta('cn-library'),
    url: `${B}/Library/cohort-1`,
    version: '1',
    title: '队列规则',
    status: 'active',
    type: concept(LIBRARY_TYPE, 'logic-library'),
    content: [{ contentType: 'text/fhirpath', data: 'dHJ1ZQ==' }],
  },
  broken: [
    lacks('Library', 'url'),
    lacks('Library', 'version'),
    lacks('Library', 'title'),
    differs('Library', 'type', concept(LIBRARY_TYPE, 'asset-collection')),
    lacks('Library', 'content'),
    lacks('Library', 'content[0].contentType'),
    breaks('Library', 'cn-lib-1', 'rules that are nowhere', (r) => delete r.content[0].data),
  ] satisfies Broken[],
}
