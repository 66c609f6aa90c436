import { passArtifacts } from './pass-artifacts.ts'

passArtifacts({ status: 200 })
