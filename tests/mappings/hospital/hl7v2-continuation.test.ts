/** Messages in pieces (HL7 v2.5.1, 2.10.2): none of them is taken for a whole. */
import { expect, test } from '@jest/globals'
import { ofType, plain } from '../support.ts'
import { PATIENT, read } from './messages.ts'

const msh = (pointer = ''): string => `MSH|^~\\&|LIS|0001|EAI|Y|20260306081530||ORU^R01|M1|P|2.4||${pointer}||||UNICODE UTF-8`
const OBR = 'OBR|1|SQ1|BG1|ZD^诊断|||20260306063000|||||||20260306065500||||||||20260306081500||HM|F'
const OBX = 'OBX|1|FT|ZD^诊断||第一部分'
const sent = (segments: readonly string[]) => read(Buffer.from(segments.join('\r')))

test.each([
  ['goes on in another one', [msh(), PATIENT, OBR, OBX, 'ADD|', 'DSC|W4xy|F'], 'DSC-1'],
  ['goes on, and says not how', [msh(), PATIENT, OBR, OBX, 'DSC|W4xy'], 'DSC-1'],
  ['goes on in the middle of a segment', [msh('W4xy'), 'ADD|第二部分', 'DSC|V292|F'], 'DSC-1'],
  ['is the last of them', [msh('V292'), 'ADD|第三部分'], 'MSH-14'],
  ['is the last of them, and begins with a segment', [msh('V292'), 'OBX|2|FT|ZD^诊断||第三部分'], 'MSH-14'],
])('a piece that %s (HL7 v2.5.1, 2.10.2)', async (_what, segments, at) =>
  expect((await sent(segments)).reason).toMatchObject({ code: 'payload-continued', at }),
)

test.each([
  ['a pointer that is void', [msh(), PATIENT, OBR, OBX, 'DSC|""|F']],
  ['no pointer', [msh(), PATIENT, OBR, OBX, 'DSC|']],
  ['an answer of several, each of them whole', [msh(), PATIENT, OBR, OBX, 'DSC|W4xy|I']],
  ['a number where the pointer would be', [msh('17'), PATIENT, OBR, OBX]],
])('a message that has %s is whole', async (_what, segments) =>
  expect(ofType((await sent(segments)).record, 'Observation').map((each) => plain(each).valueString)).toEqual(['第一部分']),
)
