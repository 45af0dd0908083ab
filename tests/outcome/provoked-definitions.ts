/** Resources whose parts do not hang together, each with the code that `$validate` answers. */

interface Broken {
  code: string
  resource: { resourceType: string; [key: string]: unknown }
}

const url = (n: number): string => `urn:uuid:00000000-0000-4000-8000-00000000000${n}`

const document = (subject: object, entry: object): Broken['resource'] => {
  const composition = {
    resourceType: 'Composition',
    status: 'final',
    type: { text: 'x' },
    date: '2026',
    author: [{ display: 'x' }],
    title: 'x',
  }
  return {
    resourceType: 'Bundle',
    type: 'document',
    identifier: { system: 'urn:x', value: 'x' },
    timestamp: '2026-01-01T00:00:00Z',
    entry: [
      { fullUrl: url(0), resource: { ...composition, ...subject } },
      { fullUrl: url(1), resource: { resourceType: 'Patient', ...entry } },
    ],
  }
}

const constrained = (more: object): Broken['resource'] => ({
  resourceType: 'StructureDefinition',
  url: 'urn:x',
  name: 'x',
  status: 'draft',
  kind: 'resource',
  abstract: false,
  type: 'Patient',
  baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Patient',
  derivation: 'constraint',
  ...more,
})

export const BROKEN: readonly Broken[] = [
  { code: 'bundle-link', resource: document({ subject: { reference: 'Patient/p' } }, { id: 'p' }) },
  { code: 'bundle-unreached', resource: document({}, { active: true }) },
  {
    code: 'map-path',
    resource: {
      resourceType: 'StructureMap',
      url: 'urn:x',
      name: 'x',
      status: 'draft',
      group: [{ name: 'x', typeMode: 'none', input: [{ name: 'x', mode: 'source' }], rule: [{ name: 'x', source: [{ context: 'y' }] }] }],
    },
  },
  { code: 'definition-kind', resource: constrained({ kind: 'complex-type' }) },
  {
    code: 'definition-expression',
    resource: constrained({
      differential: {
        element: [
          { id: 'Patient', path: 'Patient', constraint: [{ key: 'x-1', severity: 'error', human: 'x', expression: 'nickname.exists()' }] },
        ],
      },
    }),
  },
  {
    code: 'definition-slicing',
    resource: constrained({ snapshot: { element: [{ id: 'Patient.name:x', path: 'Patient.name', sliceName: 'x' }] } }),
  },
  {
    code: 'binding-extensible',
    resource: { resourceType: 'Patient', maritalStatus: { coding: [{ system: 'urn:x', code: 'x' }] } },
  },
  {
    code: 'modifier-unknown',
    resource: { resourceType: 'Patient', modifierExtension: [{ url: 'urn:x', valueString: 'x' }] },
  },
]
