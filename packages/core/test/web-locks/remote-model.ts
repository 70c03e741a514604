import { dice, type Dice } from '../support/dice.js'
import { type Client, Origin } from './spec-model.js'
import { type TaskQueue, taskQueue } from './task-queue.js'

/** The longest way of a message, in turns of the event loop. */
const LONGEST = 30

/**
 * The model with a network between its clients and itself: a call of a client takes a while to arrive, and the
 * answer takes a while to come back, each in its order. As lawful as the model, so that a case which depends on more than
 * order and settled promises is found out here, and not on a real store now and then.
 */
export class RemoteOrigin extends Origin {
  readonly #dice: Dice
  readonly #ways = new Map<Client, TaskQueue>()

  constructor(seed: number) {
    super()
    this.#dice = dice(seed)
  }

  override eventLoop(): TaskQueue {
    return slowQueue(this.#dice)
  }

  override enqueue(client: Client, step: () => void): void {
    const way = this.#ways.get(client) ?? slowQueue(this.#dice)
    this.#ways.set(client, way)
    way.enqueue(() => this.tasks.enqueue(step))
  }

  override settle(client: Client, step: () => void): void {
    client.loop.enqueue(step)
  }
}

/** Steps that keep their order, with a while before each; sometimes with none, as when they arrive together. */
function slowQueue(chance: Dice): TaskQueue {
  const queue = taskQueue()
  return {
    enqueue: (step) => {
      const turns = chance.chance(0.5) ? 0 : chance.between(1, LONGEST)
      for (let i = 0; i < turns; i++) queue.enqueue(() => {})
      queue.enqueue(step)
    },
  }
}
