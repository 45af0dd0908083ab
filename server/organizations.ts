/** The configured organisations as Organization resources, written at the start when they changed. */
import { structureDefinition } from './fhir/canonical.ts'
import type { Config } from './config/config.ts'
import type { Writer } from './writer/types.ts'

const TYPE_SYSTEM = 'http://terminology.hl7.org/CodeSystem/organization-type'
const TYPE_OF_KIND: Record<string, string> = {
  hospital: 'prov',
  clinic: 'prov',
  mia: 'govt',
  ha: 'govt',
  insurer: 'ins',
  university: 'edu',
}

/** @throws Error when they cannot be stored */
export async function writeOrganizations(writer: Writer, organizations: Config['organizations']): Promise<void> {
  if (organizations.length === 0) return
  const result = await writer.write(
    organizations.map((organization) => ({
      type: 'Organization',
      id: organization.id,
      method: 'PUT',
      expect: 'any',
      text: JSON.stringify(resourceOf(organization)),
      custodian: organization.id,
      unchangedIsFine: true,
    })),
  )
  if (!result.ok) throw new Error('the configured organisations could not be stored')
}

function resourceOf(organization: Config['organizations'][number]): Record<string, unknown> {
  const level = organization.level === undefined ? [] : [{ url: structureDefinition('cn-admin-level'), valueCode: organization.level }]
  return {
    resourceType: 'Organization',
    id: organization.id,
    ...(level.length > 0 ? { extension: level } : {}),
    ...(organization.identifiers.length > 0 ? { identifier: organization.identifiers } : {}),
    active: true,
    type: [{ coding: [{ system: TYPE_SYSTEM, code: TYPE_OF_KIND[organization.kind] ?? 'other' }], text: organization.kind }],
    name: organization.name,
  }
}
