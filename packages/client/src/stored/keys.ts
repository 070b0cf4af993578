/** The keys of records. Numbers are written so that the order of keys is the order of what they name. */

/** Names a conversation in keys: short, because every message's key carries it. */
export type ConversationNumber = string;

const hexNumber = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");

/** `id`: one that is of a conversation, or begins with the conversation's number and a slash. */
export const conversationIn = (id: string): ConversationNumber => id.split("/", 1)[0] ?? id;

export const conversationNumber = (count: number): ConversationNumber => hexNumber(count, 8);
/** 48 bits hold milliseconds until the year 10889. */
export const timeKey = (ms: number): string => hexNumber(Math.max(0, Math.floor(ms)), 12);
export const keyTime = (key: string): number => Number.parseInt(key.slice(0, 12), 16);
export const sequenceKey = (value: number): string => hexNumber(value, 12);
