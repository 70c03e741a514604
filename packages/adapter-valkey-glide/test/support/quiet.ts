import { Logger } from '@valkey/valkey-glide'

// Refusals and cuts are what many tests cause. The client warns of each on the terminal.
Logger.setLoggerConfig('error')
