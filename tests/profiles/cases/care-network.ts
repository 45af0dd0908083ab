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
import { B, coding, concept, cs, ID_CARD, type ProfileCases, profile, meta, number } from './case.ts'

const ACT = 'http://terminology.hl7.org/CodeSystem/v3-ActCode'
const DIVISION = 'urn:oid:2.16.156.10011.2.3.3.2'
const PLACE = 'http://terminology.hl7.org/CodeSystem/location-physical-type'
const PART = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType'

export const relative: ProfileCases = {
  id: 'cn-relatedperson',
  valid: {
    resourceType: 'RelatedPerson',
    meta: meta('cn-relatedperson'),
    extension: [
      {
        url: profile('cn-guardianship'),
        extension: [
          { url: 'period', valuePeriod: { start: '2026-01-01' } },
          { url: 'basis', valueCode: 'parent' },
        ],
      },
    ],
    identifier: [{ system: ID_CARD, value: '11010519491231002X' }, number('relative', '1')],
    patient: PATIENT,
    relationship: [concept('urn:oid:2.16.156.10011.2.3.3.8', '5'), { text: '监护人' }],
    name: [{ text: '王大山' }],
  },
  broken: [
    ...identified('RelatedPerson', 'identifier[1]'),
    ...single('RelatedPerson', ['guardianship']),
    twice('RelatedPerson', 'identifier[0]', 'idCard'),
    breaks('RelatedPerson', 'cn-id-1', 'a number of another shape', (r) => (r.identifier[0].value = '12'), { path: 'identifier[0]' }),
    outside('RelatedPerson', 'relationship[0]', concept('urn:x', '1'), { severity: 'warning' }),
    breaks('RelatedPerson', 'cn-rel-1', 'a guardian whom nobody can reach', (r) => delete r.identifier),
    warns('RelatedPerson', 'cn-rel-2', 'no relationship', (r) => delete r.relationship),
  ],
}

export const position: ProfileCases = {
  id: 'cn-practitionerrole',
  valid: {
    resourceType: 'PractitionerRole',
    meta: meta('cn-practitionerrole'),
    identifier: [number('staff-no', 'D0123')],
    practitioner: DOCTOR,
    organization: HOSPITAL,
    code: [concept(cs('cn-role'), 'attending')],
  },
  broken: [
    ...identified('PractitionerRole'),
    lacks('PractitionerRole', 'practitioner'),
    lacks('PractitionerRole', 'organization'),
    lacks('PractitionerRole', 'code'),
    outside('PractitionerRole', 'code[0]', concept(cs('cn-role'), 'boss'), { severity: 'warning' }),
  ],
}

export const authority: ProfileCases = {
  id: 'cn-organization-authority',
  valid: {
    resourceType: 'Organization',
    meta: meta('cn-organization-authority'),
    extension: [
      extension('cn-authority-level', { valueCode: 'prefectural' }),
      extension('cn-admin-division', { valueCoding: coding(DIVISION, '310100') }),
    ],
    identifier: [{ system: `${B}/sid/uscc`, value: '91350100M000100Y43' }],
    type: [concept(cs('cn-authority-type'), 'MIA')],
    name: '示例市医疗保障局',
  },
  broken: [
    ...identified('Organization'),
    lacks('Organization', 'extension'),
    ...single('Organization', ['level', 'adminDivision']),
    lacks('Organization', 'identifier'),
    lacks('Organization', 'name'),
    lacks('Organization', 'type'),
    outside('Organization', 'type[0]', concept(cs('cn-authority-type'), 'bank')),
    ['no level', (r) => r.extension.shift(), { code: 'slice', rule: 'level min 1', expression: 'Organization.extension' }],
    warns('Organization', 'cn-auth-1', 'of no area', (r) => r.extension.pop()),
  ],
}

export const department: ProfileCases = {
  id: 'cn-department',
  valid: {
    resourceType: 'Organization',
    meta: meta('cn-department'),
    identifier: [number('department', '0301')],
    type: [concept(cs('cn-department-type'), 'clinical'), { text: '心血管内科专业' }],
    name: '心血管内科',
    partOf: HOSPITAL,
  },
  broken: [
    ...identified('Organization'),
    lacks('Organization', 'type'),
    lacks('Organization', 'name'),
    lacks('Organization', 'partOf'),
    outside('Organization', 'type[0]', concept('urn:x', 'clinical'), { severity: 'warning' }),
  ],
}

export const bed: ProfileCases = {
  id: 'cn-location',
  valid: {
    resourceType: 'Location',
    meta: meta('cn-location'),
    identifier: [number('bed', '12')],
    name: '心内科12床',
    physicalType: concept(PLACE, 'bd'),
    managingOrganization: HOSPITAL,
    partOf: { reference: 'Location/ward' },
  },
  broken: [
    ...identified('Location'),
    lacks('Location', 'name'),
    lacks('Location', 'physicalType'),
    lacks('Location', 'managingOrganization'),
    outside('Location', 'physicalType', concept(PLACE, 've')),
    breaks('Location', 'cn-loc-1', 'a bed that stands nowhere', (r) => delete r.partOf),
  ],
}

export const team: ProfileCases = {
  id: 'cn-careteam',
  valid: {
    resourceType: 'CareTeam',
    meta: meta('cn-careteam'),
    identifier: [number('team', '7')],
    status: 'active',
    subject: PATIENT,
    encounter: VISIT,
    participant: [{ role: [concept(cs('cn-role'), 'attending')], member: DOCTOR }],
    managingOrganization: [HOSPITAL],
  },
  broken: [
    ...identified('CareTeam'),
    lacks('CareTeam', 'status'),
    lacks('CareTeam', 'subject'),
    pointsTo('CareTeam', 'subject', 'Group/1', 'Patient'),
    lacks('CareTeam', 'participant'),
    lacks('CareTeam', 'participant[0].member'),
    outside('CareTeam', 'participant[0].role[0]', concept(cs('cn-role'), 'boss'), { severity: 'warning' }),
    warns('CareTeam', 'cn-ctm-1', 'of no hospital', (r) => delete r.managingOrganization),
  ],
}

export const episode: ProfileCases = {
  id: 'cn-episodeofcare',
  valid: {
    resourceType: 'EpisodeOfCare',
    meta: meta('cn-episodeofcare'),
    identifier: [number('management', 'G1')],
    status: 'finished',
    type: [concept(cs('cn-episode-type'), 'hypertension')],
    patient: PATIENT,
    managingOrganization: HOSPITAL,
    period: { start: '2024-01-01', end: '2026-01-01' },
  },
  broken: [
    ...identified('EpisodeOfCare'),
    lacks('EpisodeOfCare', 'identifier'),
    lacks('EpisodeOfCare', 'type'),
    lacks('EpisodeOfCare', 'managingOrganization'),
    outside('EpisodeOfCare', 'type[0]', concept(cs('cn-episode-type'), 'flu'), { severity: 'warning' }),
    breaks('EpisodeOfCare', 'cn-epi-1', 'finished without an end', (r) => delete r.period.end),
    warns('EpisodeOfCare', 'cn-epi-2', 'no start', (r) => delete r.period.start),
  ],
}

const attending = { type: [concept(PART, 'ATND')], individual: DOCTOR }
const admitter = { type: [concept(PART, 'ADM')], individual: DOCTOR }
const visit = (id: string, code: string): ProfileCases['valid'] => ({
  resourceType: 'Encounter',
  meta: meta(id),
  identifier: [number('visit', '1')],
  status: 'finished',
  class: coding(ACT, code),
  subject: PATIENT,
  participant: [attending, admitter],
  period: { start: '2026-03-05T09:15:00+08:00', end: '2026-03-05T10:00:00+08:00' },
  serviceProvider: HOSPITAL,
})
const attended: ProfileCases['broken'] = [
  lacks('Encounter', 'participant'),
  unsliced('Encounter', 'participant[0]', 'attending', admitter),
  lacks('Encounter', 'participant[0].individual'),
]

export const outpatient: ProfileCases = {
  id: 'cn-encounter-outpatient',
  valid: visit('cn-encounter-outpatient', 'AMB'),
  broken: [
    ['a stay', (r) => (r.class.code = 'IMP'), { code: 'fixed', expression: 'Encounter.class.code' }],
    lacks('Encounter', 'period'),
    ...attended,
  ],
}

export const emergency: ProfileCases = {
  id: 'cn-encounter-emergency',
  valid: {
    ...visit('cn-encounter-emergency', 'EMER'),
    extension: [extension('cn-triage-level', { valueCoding: coding(cs('cn-triage-level'), '2') })],
  },
  broken: [
    ...single('Encounter', ['triageLevel']),
    lacks('Encounter', 'period'),
    outside('Encounter', 'class', coding(ACT, 'AMB')),
    warns('Encounter', 'cn-eme-1', 'no triage', (r) => delete r.extension),
  ],
}

export const inpatient: ProfileCases = {
  id: 'cn-encounter-inpatient',
  valid: {
    ...visit('cn-encounter-inpatient', 'IMP'),
    extension: [
      extension('cn-critical-days', { valueUnsignedInt: 2 }),
      extension('cn-clinical-pathway', { valueCode: 'completed' }),
      {
        url: profile('cn-rescue-count'),
        extension: [
          { url: 'total', valueUnsignedInt: 1 },
          { url: 'successful', valueUnsignedInt: 1 },
        ],
      },
    ],
    diagnosis: [
      { condition: { reference: 'Condition/1' }, use: concept('http://terminology.hl7.org/CodeSystem/diagnosis-role', 'DD'), rank: 1 },
    ],
    hospitalization: {
      admitSource: concept('urn:oid:2.16.156.10011.2.3.1.270', '2'),
      dischargeDisposition: concept('urn:oid:2.16.156.10011.2.3.1.265', '1'),
    },
    location: [{ location: { reference: 'Location/ward' } }],
  },
  broken: [
    ...single('Encounter', ['criticalDays', 'clinicalPathway', 'rescueCount']),
    ['an outpatient', (r) => (r.class.code = 'AMB'), { code: 'fixed', expression: 'Encounter.class.code' }],
    ...attended,
    lacks('Encounter', 'period'),
    lacks('Encounter', 'period.start'),
    lacks('Encounter', 'hospitalization'),
    lacks('Encounter', 'hospitalization.admitSource'),
    outside('Encounter', 'hospitalization.admitSource', concept('urn:x', '2')),
    outside('Encounter', 'hospitalization.dischargeDisposition', concept('urn:x', '1')),
    outside('Encounter', 'diagnosis[0].use', concept('urn:x', 'DD')),
    breaks('Encounter', 'cn-inp-1', 'no main diagnosis', (r) => delete r.diagnosis),
    breaks('Encounter', 'cn-inp-2', 'it is not said how he left', (r) => delete r.hospitalization.dischargeDisposition),
    warns('Encounter', 'cn-inp-3', 'no ward', (r) => delete r.location),
  ],
}
