export { memoryBackend, type MemoryBackendOptions, memoryStore, type MemoryStore } from './backend.js'
