/** What a client may do: PROTOCOL.md, "Who may connect". */
export type Role = 'agent' | 'guest';
