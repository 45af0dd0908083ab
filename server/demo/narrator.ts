/** Tells the story in the terminal, Chinese with English beneath, and keeps count of what turned out untrue. */

export interface Narrator {
  heading(zh: string, en: string): void
  say(zh: string, en: string): void
  /** A statement that was checked: ✓ when it holds, ✗ when it does not. */
  check(zh: string, en: string, holds: boolean): void
  detail(text: string): void
  readonly failures: number
  readonly checked: number
}

export function createNarrator(write: (line: string) => void): Narrator {
  let failures = 0
  let checked = 0
  return {
    heading(zh, en) {
      write('')
      write(`━━ ${zh}`)
      write(`   ${en}`)
    },
    say(zh, en) {
      write(`  ${zh}`)
      write(`  ${en}`)
    },
    check(zh, en, holds) {
      checked++
      if (!holds) failures++
      write(`  ${holds ? '✓' : '✗'} ${zh}`)
      write(`    ${en}`)
    },
    detail(text) {
      write(`      ${text}`)
    },
    get failures() {
      return failures
    },
    get checked() {
      return checked
    },
  }
}
