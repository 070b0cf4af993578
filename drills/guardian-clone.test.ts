/** Somebody copied the image, and spends the tries that its owner renews with every unlock. Spec: spec/guardian.md. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { signingKey } from "@sotto/crypto";
import { Secret } from "@sotto/protocol";
import { GuardianWorld, profileOf, random } from "@sotto/testkit/guardian";

test("[GD12] a clone cannot spend what its owner renews", async () => {
  const world = await GuardianWorld.create(1);
  const { dealt, image } = await world.register({ real: "1111" }, 1);
  let owner = image;
  let guesses = 0;
  for (let round = 0; round < 4; round++) {
    for (let at = 0; at < 9; at++)
      if ((await world.guess(image, `${round}${at}x`)).kind === "wrong") guesses += 1;
    assert.equal(profileOf(dealt, await world.guess(owner, "1111")), "real");
    const device = signingKey(new Secret(random(32)));
    await world.manage(0, dealt.real.managerSeed, { kind: "rotate", deviceKey: device.publicKey });
    owner = { ...owner, seats: owner.seats.map((seat) => ({ ...seat, deviceSeed: device.seed })) };
  }
  assert.equal(guesses, 9);
});
