// The same package under another name, which its types do not know.
declare module 'pg-lowest' {
  import pg from 'pg'

  export default pg
}
