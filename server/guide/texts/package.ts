/** What the package says of itself (npm-style FHIR packages, confluence.hl7.org "NPM Package Specification"). */
import { BASE } from '../../fhir/canonical.ts'

export const PACKAGE_FILE = 'package.tgz'

export const PACKAGE = {
  name: 'yilian.cn',
  version: '0.1.0',
  'tools-version': 3,
  type: 'fhir.ig',
  license: 'not-open-source',
  canonical: BASE,
  url: `${BASE}/ig`,
  title: '中国医疗数据 FHIR R4 实施指南',
  description: "FHIR R4 profiles for China's split medical records",
  fhirVersions: ['4.0.1'],
  dependencies: { 'hl7.fhir.r4.core': '4.0.1' },
  author: 'Yilian',
  jurisdiction: 'urn:iso:std:iso:3166#CN',
  directories: { lib: 'package', example: 'example' },
} as const
