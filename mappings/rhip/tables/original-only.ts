/**
 * Columns that are not mapped, and why. They stay in the payload as it came; a receipt lists those that were filled. Everything else that a
 * layout has is read by a mapping (tests/mappings/rhip/columns.test.ts).
 */
import { table } from '../../engine/values/table.ts'

const columns = (text: string): string[] => text.split(' ')

/** Copies of what the patient's own table says (formats.md C1), by a table that must not speak for him. */
const AGE = 'BRNL'
/** Codes whose table differs from place to place and was not published with the layout. */
const SECRECY = 'MJ'

export const ORIGINAL_ONLY: Readonly<Record<string, readonly string[]>> = table({
  // FKDQ: where the card was issued; HZLY: where the patient comes from.
  TB_YL_PATIENT_INFORMATION: [...columns('FKDQ HZLY'), SECRECY],
  // Age at the report, and who asked for it: a report has no request number to hang them on. Ward and bed are the visit's.
  // Times of printing, request, analysis and appointment have no element of their own beside sampling and report.
  TB_LIS_REPORT: [AGE, ...columns('SQYHRYID SQYHRYXM SQKS BQ CH DYSJ SQSJ JYSJ YYSJ')],
  // The charged item behind the result stands in the fee table; device and place of printing say nothing of the result.
  TB_LIS_INDICATORS: columns('MXXMBM MXXMBMYB MXXMMC SBBM YQBH DYXH SHYHRYID SHYHRYXM'),
  // Insurance and residence flags belong to the insurance's own data; BMLX says which edition the diagnosis is coded in, by codes of each place.
  // The doctor's identity number is nobody's business here.
  TB_YL_MZ_MEDICAL_RECORD: [...columns('WSJGDM BXLX TXBZ YBZHBZ WDBZ ZZYSSFZ BMLX'), SECRECY],
  // The department of admission stands while it is the only one; once there is one of discharge, the registration still knows it.
  TB_YL_ZY_MEDICAL_RECORD: [...columns('JZKSBM JZKSMC'), SECRECY],
  // The bed stands by its number in its department; its own code and kind are the hospital's inventory.
  TB_HIS_ZY_ADM_REG: columns('RYCHID RYCWSX'),
  // PATIENTID is the number of the archive of images; YYS has no published codes, and which digit means positive must not be guessed.
  TB_RIS_REPORT: columns('PATIENTID YYS'),
  // Codes of the titled blocks, each place its own; the titles stand with the texts.
  TB_RIS_REPORT2: Array.from({ length: 15 }, (_, at) => `BT${at + 1}BM`),
  TB_IH_DIAGNOSIS_DETAIL: [],
  // Day surgery and main operation are said of the stay by its home page.
  TB_OPRATION_DETAIL: columns('RJSSBZ ZCBZ'),
  TB_CIS_LEAVEHOSPITAL_SUMMARY: [AGE],
  TB_HIS_ZY_FEE_DETAIL_FS: [],
  // Where it was ordered follows from who ordered it; SFPS has no published codes.
  TB_CIS_DRADVICE_DETAIL: columns('BQ XDKSBM XDKSMC SFPS'),
})
