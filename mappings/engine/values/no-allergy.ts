/** Whether the words in an element for allergies say that none is known: 否认药物过敏史, 无过敏史, 不详. */

const NONE_KNOWN = /^(?:无|否认|未发现|未见|没有|不详|未知|暂无)/
/** 无过敏史但青霉素过敏, 除青霉素外无过敏: behind them stands what the patient must not be given. */
const EXCEPTION = /但|除|唯|惟/
const CLAUSE_END = /[，,。;；\n]/

/** Every clause of it denies: one that does not may name what the patient must not be given, and is never passed over. */
export function saysNoAllergy(text: string): boolean {
  const clauses = text
    .split(CLAUSE_END)
    .map((clause) => clause.trim())
    .filter((clause) => clause !== '')
  return clauses.length > 0 && clauses.every((clause) => NONE_KNOWN.test(clause) && !EXCEPTION.test(clause))
}
