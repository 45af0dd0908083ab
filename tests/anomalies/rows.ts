/**
 * What goes wrong with what the three sources send, each with the tests that hold its handling. The numbers are those of the project's notes on
 * the formats (section D), which comments elsewhere cite as `D44`.
 */
export interface Anomaly {
  what: string
  /** file below tests, and the title of a test in it, or of a group of tests */
  shown: readonly (readonly [file: string, title: string])[]
}

const ENGINE = 'mappings/engine/values'
const HL7 = 'mappings/hospital/hl7v2-anomalies.test.ts'
const MIIS = 'mappings/miis/anomalies.test.ts'
const TABLES = 'mappings/rhip/tables.test.ts'
const FILES = 'mappings/rhip/delimited.test.ts'
const LINK = 'ingest/link.test.ts'
const HERE = 'anomalies/rest.test.ts'

export const ANOMALIES: Readonly<Record<number, Anomaly>> = {
  1: {
    what: 'charset wrong or unnamed',
    shown: [
      [HL7, 'charset (D1)'],
      ['mappings/parsers/charset.test.ts', 'bytes that are no text in any of the charsets (D1, D2)'],
    ],
  },
  2: {
    what: 'half of a character cut by a fixed-length column',
    shown: [
      [FILES, 'half a character at the end of a field'],
      [FILES, 'one damaged row does not turn a UTF-8 file into GB 18030'],
    ],
  },
  3: {
    what: '-, /, 无, NULL, blank',
    shown: [
      [`${ENGINE}/persons.test.ts`, 'fields that are not filled (D3)'],
      [HL7, 'no value: dataAbsentReason'],
    ],
  },
  4: {
    what: '1900-01-01, 9999-12-31, 0000-00-00',
    shown: [
      [`${ENGINE}/dates.test.ts`, 'dates of source systems (formats.md D4 to D6)'],
      [TABLES, '1900-01-01 is no time, an impossible date is flagged'],
    ],
  },
  5: {
    what: '20260231, month 13, 24:00:00',
    shown: [
      [HL7, 'sentinels and impossible dates (D4, D5)'],
      [HL7, 'A08 with a discharge time is finished; 24:00 is the next day'],
    ],
  },
  6: { what: 'date with no zone', shown: [[`${ENGINE}/dates.test.ts`, 'an instant of a date is its first moment in the zone']] },
  7: {
    what: 'end before start, report before sampling',
    shown: [
      [TABLES, 'a report before its sampling is stored and flagged'],
      [MIIS, 'a discharge before the admission is stored and flagged'],
    ],
  },
  8: {
    what: 'birth date disagrees with identity number',
    shown: [
      [HL7, 'birth date and sex that contradict the identity number: both kept, flagged (D8)'],
      [LINK, 'a birth date that disagrees with the number still links'],
    ],
  },
  9: {
    what: 'identity number with wrong check digit, 15 digits, lower-case x, full width',
    shown: [
      [LINK, '15 digits, small x and full width are the same number'],
      [LINK, 'a wrong check digit and a placeholder never link; the receipt says why'],
    ],
  },
  10: {
    what: 'placeholder identity numbers',
    shown: [
      [LINK, 'ever new names: the number is nobody’s'],
      [LINK, 'a wrong check digit and a placeholder never link; the receipt says why'],
    ],
  },
  11: { what: 'newborn under the mother’s identity number', shown: [[LINK, 'a newborn under its mother’s number is not its mother']] },
  12: {
    what: 'two persons on one card',
    shown: [
      [LINK, 'two persons on one card: no link, and a task'],
      ['ingest/one-number-two-persons.test.ts', ''],
    ],
  },
  13: {
    what: 'one person, two hospital numbers; A40',
    shown: [
      [LINK, 'two hospital numbers with one identity number: two records of one master'],
      ['ingest/mllp/listener.test.ts', 'A40: one Patient has both numbers, and what stood under either stands under it'],
      ['http/merge.test.ts', 'the source is replaced, the target replaces it; either finds the whole; undoing brings all back'],
    ],
  },
  14: {
    what: 'name variants',
    shown: [
      [LINK, 'names'],
      [`${ENGINE}/persons.test.ts`, 'names compare folded'],
    ],
  },
  15: {
    what: 'results <0.01, 1:320, 3+, 阴性(-), 1.2×10^9, 2.30 ↑',
    shown: [
      [`${ENGINE}/results.test.ts`, 'laboratory results (D15)'],
      [HL7, 'titre, grade, comparator with units in Chinese, coded value, structured numeric'],
    ],
  },
  16: { what: 'unit missing, Chinese, or not UCUM', shown: [[`${ENGINE}/numbers.test.ts`, 'units (D16)']] },
  17: { what: 'range as text, one-sided, full-width', shown: [[`${ENGINE}/results.test.ts`, 'ranges (D17)']] },
  18: {
    what: 'flag contradicts value and range',
    shown: [
      [TABLES, 'a flag that contradicts value and range is kept and flagged'],
      [HL7, 'a flag that contradicts the value is kept and flagged; an unknown flag is text'],
    ],
  },
  19: {
    what: 'critical value',
    shown: [
      [HL7, 'critical value (D19)'],
      [
        'subscriptions/critical-values.test.ts',
        'a critical value is told to who subscribed to them, and a corrected one is none any more (D19)',
      ],
    ],
  },
  20: {
    what: 'correction, addition, withdrawal, reversal',
    shown: [
      [HL7, 'corrections and withdrawals (D20)'],
      [MIIS, 'a settlement with a negative total is a refund'],
      ['ingest/pipeline.test.ts', 'withdrawal of a row'],
    ],
  },
  21: {
    what: 'withdrawal before the thing withdrawn',
    shown: [
      ['ingest/fold.test.ts', 'before the thing withdrawn: the later arrival of the older statement changes nothing'],
      ['ingest/rhip-batch.test.ts', 'a withdrawal before what it withdraws, and one behind it'],
    ],
  },
  22: {
    what: 'the same message again',
    shown: [
      ['ingest/pipeline.test.ts', 'the same bytes again: the first receipt, no new version'],
      ['ingest/mllp/listener.test.ts', 'the same message again: the same answer, nothing new'],
    ],
  },
  23: {
    what: 'same id, other content, older timestamp',
    shown: [['ingest/fold.test.ts', 'the newest statement of an element counts, not the latest arrival']],
  },
  24: {
    what: 'messages out of order',
    shown: [
      ['ingest/samples.test.ts', 'the samples'],
      ['ingest/rhip-batch.test.ts', 'any order gives the same, nothing waits in the end, and the same files again change nothing'],
    ],
  },
  25: {
    what: 'the same event from hospital, MIIS and RHIP',
    shown: [
      ['ingest/pipeline.test.ts', 'one report at the same time from three sources: one resource with all three'],
      ['ingest/fold.test.ts', 'clinical facts: hospital, then platform, then insurance; money: insurance first'],
    ],
  },
  26: {
    what: 'unmapped code',
    shown: [
      ['mappings/engine/mapping.test.ts', 'codes (D26)'],
      ['ingest/bad-input.test.ts', 'a code that was mapped meanwhile is translated in what was stored, and leaves the work list'],
    ],
  },
  27: {
    what: 'code valid in another version of the table',
    shown: [[HERE, 'a code of another version of its table is stored with its version, and told (D27)']],
  },
  28: {
    what: 'display disagrees with code; a diagnosis by name',
    shown: [
      [HERE, 'a name that is not that of the code: the code counts, and it is told (D28)'],
      [HL7, 'a local code and a bare name go to the work list (D26, D28)'],
    ],
  },
  29: {
    what: 'TCM diagnosis string',
    shown: [
      [MIIS, 'the syndromes and the method in its name are not lost'],
      [MIIS, 'a TCM disease stands in its own system'],
    ],
  },
  30: { what: 'several codes in one field', shown: [[MIIS, 'several codes in one field are several codings, and it is said']] },
  31: {
    what: 'money that does not add up, negative quantities, four decimals',
    shown: [
      [MIIS, 'count times price that is not the amount: stored as sent and flagged'],
      [`${ENGINE}/numbers.test.ts`, 'sums of fen are exact'],
    ],
  },
  32: {
    what: 'refund rows positive (RHIP), negative (MIIS)',
    shown: [
      ['mappings/rhip/charge.test.ts', 'the sample, separated by ^'],
      [MIIS, 'a settlement with a negative total is a refund'],
    ],
  },
  33: { what: 'price missing', shown: [[MIIS, 'a missing price is absent, never 0']] },
  34: { what: 'totals in cents or in 10,000-yuan', shown: [[`${ENGINE}/numbers.test.ts`, 'money (D31, D33, D34)']] },
  35: {
    what: 'column added, missing, renamed, reordered',
    shown: [
      [TABLES, 'an unknown column is reported once and the file goes on'],
      [TABLES, 'a file without a required column is refused, naming it'],
      [TABLES, 'the table is recognised by its columns in any order, whatever the file is called'],
      ['ingest/dialects.test.ts', 'files with its names of columns and codes become the same resources'],
    ],
  },
  36: {
    what: 'row with too many or too few fields, quote errors, embedded newline',
    shown: [
      [FILES, 'too few and too many fields'],
      [FILES, 'a line end inside quotes is part of the field'],
      [FILES, 'two rows of which one has a quote too many and the next closes it are not one'],
      [FILES, 'a quote that never closes costs its own row only'],
    ],
  },
  37: {
    what: 'text with HTML, RTF, control characters, zero width',
    shown: [
      [`${ENGINE}/persons.test.ts`, 'text (D37)'],
      ['mappings/parsers/hl7v2.test.ts', 'escapes (D37)'],
      ['mappings/hospital/cda.test.ts', 'markup and scripts in texts come out escaped (D37)'],
    ],
  },
  38: {
    what: 'base64 PDF, image, DICOM reference',
    shown: [
      [HL7, 'a PDF inside goes to presentedForm, by its bytes and not by its name; anything else is told (D38)'],
      ['mappings/hospital/hl7v2-documents.test.ts', ''],
    ],
  },
  39: {
    what: '10,000-row charge list in one message',
    shown: [[HERE, 'a list of 10,000 charges in one message: one record, one receipt (D39)']],
  },
  40: {
    what: 'ZIP bomb, DOCTYPE, nested entity, path in archive',
    shown: [
      ['mappings/parsers/zip.test.ts', 'a bomb, told before it has gone off'],
      ['mappings/parsers/xml.test.ts', 'refused (D40)'],
      ['ingest/archive.test.ts', 'a refused archive stores nothing, says where and why in both languages, and the server goes on'],
    ],
  },
  41: { what: 'formula in CSV cell', shown: [[FILES, 'a formula cell is data']] },
  42: {
    what: 'clock of the sender in the future, or years back',
    shown: [[HERE, 'a clock in the future, or years back: stored as sent, told, and received is our own (D42)']],
  },
  43: {
    what: 'military or private hospital without a national code',
    shown: [[HERE, 'a hospital without any national code has numbers of its own, and that is no error (D43)']],
  },
  44: { what: 'department by name only', shown: [[HERE, 'a department by its name alone is one of the hospital’s (D44)']] },
  45: {
    what: 'staff by name only, or a number that was reused',
    shown: [
      ['mappings/hospital/cda.test.ts', 'signatures by name only are displays (D45)'],
      [HERE, 'a staff number that another one has later is another person (D45)'],
    ],
  },
  46: {
    what: 'anonymous patients, VIP aliases, masked names',
    shown: [
      [LINK, 'names'],
      [`${ENGINE}/persons.test.ts`, 'names (D11, D14, D46)'],
    ],
  },
  47: {
    what: 'identity number, phone or name inside free text',
    shown: [['access/pseudonymise.test.ts', 'texts go, the reference meets the patient under the same pseudonym']],
  },
  48: {
    what: 'sender that is not registered, or sends for another hospital',
    shown: [
      [HERE, 'who sends for another hospital is refused, and nothing is kept but the audit (D48)'],
      ['ingest/pipeline.test.ts', 'another client is refused, and nothing is kept but the audit'],
      ['ingest/mllp/listener.test.ts', 'an unknown sender gets AR, and nothing is kept of its message but the audit'],
    ],
  },
  49: {
    what: 'patient refused collection',
    shown: [
      ['ingest/collection.test.ts', 'stops its payload: nothing is kept but the audit, and the receipt does not say why'],
      ['ingest/collection-races.test.ts', 'a refusal between the look and the transaction is met by it, alone and in a group'],
    ],
  },
  50: {
    what: 'backlog after an outage',
    shown: [[HERE, 'a backlog is accepted, queued, and done in the order in which it was said (D50)']],
  },
}
