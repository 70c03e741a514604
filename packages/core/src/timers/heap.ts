// A binary heap whose members know their index, so that any of them can be taken out. (Williams 1964)

export interface HeapNode {
  /** When it is due, on the monotonic clock: the order of the heap. Written by the timer queue. */
  dueAt: number
  /** Its index in the heap, −1 while it is not in it. Written by the heap. */
  heapIndex: number
}

export function insert<N extends HeapNode>(heap: N[], node: N): void {
  heap.push(node)
  rise(heap, node, heap.length - 1)
}

export function remove<N extends HeapNode>(heap: N[], node: N): void {
  const index = node.heapIndex
  const last = heap.pop() as N
  node.heapIndex = -1
  if (last === node) return
  const parent = heap[(index - 1) >> 1]
  if (index > 0 && parent !== undefined && last.dueAt < parent.dueAt) rise(heap, last, index)
  else sink(heap, last, index)
}

function rise<N extends HeapNode>(heap: N[], node: N, from: number): void {
  let index = from
  while (index > 0) {
    const parent = heap[(index - 1) >> 1] as N
    if (parent.dueAt <= node.dueAt) break
    place(heap, parent, index)
    index = (index - 1) >> 1
  }
  place(heap, node, index)
}

function sink<N extends HeapNode>(heap: N[], node: N, from: number): void {
  let index = from
  for (;;) {
    let child = 2 * index + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && (heap[child + 1] as N).dueAt < (heap[child] as N).dueAt) child++
    const smaller = heap[child] as N
    if (smaller.dueAt >= node.dueAt) break
    place(heap, smaller, index)
    index = child
  }
  place(heap, node, index)
}

function place<N extends HeapNode>(heap: N[], node: N, index: number): void {
  heap[index] = node
  node.heapIndex = index
}
