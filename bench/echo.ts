/**
 * The floor that `bench relay` measures against: a plain `ws` echo in a process of its own. It says on request how much
 * processor time it has used.
 */
import { WebSocketServer } from "ws";

const server = new WebSocketServer({
  port: 0,
  host: "127.0.0.1",
  perMessageDeflate: false,
  clientTracking: false,
});
server.on("listening", () => {
  const address = server.address();
  if (typeof address === "object" && address !== null) process.send?.({ port: address.port });
});
server.on("connection", (webSocket, { socket }) => {
  socket.setNoDelay(true);
  webSocket.on("message", (frame) => webSocket.send(frame as Buffer));
});
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuUs: user + system });
});
process.on("disconnect", () => process.exit());
