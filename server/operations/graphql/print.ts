/** The answer as text: one of the whole schema is of tens of megabytes, and is printed in turns with others. */
import { type Json, printMarked } from '../../interactions/marked-json.ts'
import { Turns } from '../../store/turns.ts'

/** So deep stand the items of the lists that are asked for: `data`, a field, one below it, its items. */
const LEVELS = 5

export async function printInTurns(value: Json): Promise<string> {
  const turns = new Turns()
  const pieces: string[] = []
  const print = async (one: Json, levels: number): Promise<void> => {
    if (levels === 0 || one === null || typeof one !== 'object') {
      await turns.take()
      pieces.push(printMarked(one))
      return
    }
    const isList = Array.isArray(one)
    const members: [string, Json][] = isList ? one.map((item) => ['', item]) : Object.entries(one).filter(([, item]) => item !== undefined)
    pieces.push(isList ? '[' : '{')
    for (const [at, [key, item]] of members.entries()) {
      pieces.push(at === 0 ? '' : ',', isList ? '' : `${JSON.stringify(key)}:`)
      await print(item, levels - 1)
    }
    pieces.push(isList ? ']' : '}')
  }
  await print(value, LEVELS)
  return pieces.join('')
}
