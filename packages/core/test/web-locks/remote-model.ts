import { dice, type Dice } from '../support/dice.js'
import { type Client, Origin } from './spec-model.js'
import { type TaskQueue, taskQueue } from './task-queue.js'

/** The longest delay of a message, in turns of the event loop. */
const LONGEST = 30

/**
 * The model with a network between its clients and itself: a call takes a while to arrive, and its answer takes a while
 * to come back, each in its order. This model follows the specification too. A case that depends on more than order and
 * settled promises fails here, and not only now and then on a real store.
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

/** A queue that keeps the order of its steps, with a random delay before each, often none. */
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
