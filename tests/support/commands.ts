/** The commands that this process sends to MongoDB, by the driver's own monitoring (a MongoClient that connects is watched). */
import { type CommandStartedEvent, MongoClient } from 'mongodb'

export interface Command {
  /** `find`, `aggregate`, `getMore`, `insert` … */
  name: string
  /** empty for commands of no collection */
  collection: string
  /** of an aggregation that looks into others as well */
  others?: string[]
}

export interface Watch {
  /** what was sent while `run` ran */
  during(run: () => Promise<unknown>): Promise<Command[]>
  stop(): void
}

const unitedWith = (pipeline: unknown): string[] =>
  Array.isArray(pipeline) ? pipeline.flatMap(({ $unionWith }: { $unionWith?: { coll: string } }) => $unionWith?.coll ?? []) : []

/** To be called before the server starts. */
export function watchCommands(): Watch {
  const connect = MongoClient.prototype.connect
  const watched = new Set<MongoClient>()
  let noted: Command[] = []
  const note = ({ commandName, command }: CommandStartedEvent) => {
    const of = command[commandName] ?? command.collection
    const others = unitedWith(command.pipeline)
    noted.push({ name: commandName, collection: typeof of === 'string' ? of : '', ...(others.length > 0 ? { others } : {}) })
  }
  MongoClient.prototype.connect = function watchedConnect(this: MongoClient) {
    if (!watched.has(this)) {
      watched.add(this)
      const { options } = this as unknown as { options: { monitorCommands: boolean } }
      options.monitorCommands = true
      this.on('commandStarted', note)
    }
    return connect.call(this)
  }
  return {
    async during(run) {
      noted = []
      await run()
      return noted
    },
    stop() {
      MongoClient.prototype.connect = connect
    },
  }
}
