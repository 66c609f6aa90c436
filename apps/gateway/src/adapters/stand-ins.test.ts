import { memoryEvents, memoryObjects, memoryScratch } from '@yardmaster/domain/testing'
import { eventBusContract } from './event-bus.contract.ts'
import { objectStoreContract } from './object-store.contract.ts'
import { scratchContract } from './scratch.contract.ts'

eventBusContract('The event bus of the domain’s tests', async () => memoryEvents())
scratchContract('Scratch of the domain’s tests', async () => memoryScratch())
objectStoreContract('The object store of the domain’s tests', async () => memoryObjects())
