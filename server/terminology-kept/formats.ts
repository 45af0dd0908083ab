/** The formats that can be loaded: one line each. */
import type { Format } from './format.ts'
import { atc } from './formats/atc.ts'
import { icd10Clinical, icd10Insurance } from './formats/icd-10.ts'
import { icd9Clinical, icd9Insurance } from './formats/icd-9-cm-3.ts'
import { insuranceDrugs, insuranceMaterials, insuranceServices } from './formats/insurance.ts'
import { loinc } from './formats/loinc.ts'
import { snomedRf2 } from './formats/snomed-rf2.ts'
import { gbt15657, gbt16751Diseases, gbt16751Syndromes, gbt16751Treatments } from './formats/tcm.ts'

export const FORMATS: readonly Format[] = [
  icd10Clinical,
  icd10Insurance,
  icd9Clinical,
  icd9Insurance,
  insuranceDrugs,
  insuranceServices,
  insuranceMaterials,
  gbt15657,
  gbt16751Diseases,
  gbt16751Syndromes,
  gbt16751Treatments,
  loinc,
  snomedRf2,
  atc,
]

export const formatNamed = (id: string): Format | undefined => FORMATS.find((format) => format.id === id)
