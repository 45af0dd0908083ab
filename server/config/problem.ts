/** What is wrong with the configuration: all of it at once, each with its key and what was expected. */

export interface Problem {
  /** environment variable or key path: `PORT`, `clients[2].purposes[0]` */
  at: string
  zh: string
  en: string
}

/** Stops the start. The message names keys and expectations, never a value: a value can be a password or a key. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[], file?: string) {
    const where = file === undefined ? '' : ` (${file})`
    const lines = problems.map(({ at, zh, en }) => `  ${at}: ${zh} / ${en}`)
    super([`配置有 ${problems.length} 处错误${where} / ${problems.length} configuration error(s)${where}:`, ...lines].join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}
