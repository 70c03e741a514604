import { Logger } from '@valkey/valkey-glide'

// Many tests cause refusals and cuts, and the client would warn of each on the terminal.
Logger.setLoggerConfig('error')
