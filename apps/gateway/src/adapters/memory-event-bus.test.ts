import { eventBusContract } from './event-bus.contract.ts'
import { MemoryEventBus } from './memory-event-bus.ts'

eventBusContract('The event bus in memory', async () => new MemoryEventBus())
