"""An agent by the protocol's own SDK (PyPI: agent-client-protocol): asks for leave for each line of the file that is its
argument, runs what it gets leave for, and keeps its sessions as files beside it."""

import asyncio
import os
import subprocess
import sys
import uuid

import acp
from acp import schema

SCRIPT = sys.argv[1]
SESSIONS = SCRIPT + ".sessions"


class ScriptedAgent(acp.Agent):
    def on_connect(self, conn):
        self.client = conn

    async def initialize(self, protocol_version, client_capabilities=None, client_info=None, **kwargs):
        return acp.InitializeResponse(
            protocol_version=1, agent_capabilities=schema.AgentCapabilities(load_session=True)
        )

    async def new_session(self, cwd, mcp_servers=None, **kwargs):
        os.makedirs(SESSIONS, exist_ok=True)
        with open(SCRIPT + ".servers", "w") as file:
            for server in mcp_servers or []:
                file.write(" ".join([server.name, server.command, *(f"{v.name}={v.value}" for v in server.env)]) + "\n")
        session = uuid.uuid4().hex
        open(os.path.join(SESSIONS, session), "w").close()
        return acp.NewSessionResponse(session_id=session)

    async def load_session(self, cwd, session_id, mcp_servers=None, **kwargs):
        if not os.path.exists(os.path.join(SESSIONS, session_id)):
            raise acp.RequestError.invalid_params({"sessionId": session_id})
        return acp.LoadSessionResponse()

    async def prompt(self, prompt, session_id, **kwargs):
        with open(os.path.join(SESSIONS, session_id), "a") as file:
            file.write("prompt\n")
        turn = len(open(os.path.join(SESSIONS, session_id)).readlines())
        await self.client.session_update(session_id=session_id, update=acp.update_agent_message_text("I begin."))
        for number, line in enumerate(open(SCRIPT).read().splitlines()):
            wanted, _, command = line.partition(" ")
            if int(wanted) != turn:
                continue
            call = f"call-{turn}-{number}"
            await self.client.session_update(
                session_id=session_id,
                update=acp.start_tool_call(call, command, kind="execute", raw_input={"command": command}),
            )
            answer = await self.client.request_permission(
                session_id=session_id,
                tool_call=schema.ToolCallUpdate(
                    tool_call_id=call, title=command, kind="execute", raw_input={"command": command}
                ),
                options=[
                    schema.PermissionOption(option_id="yes-allow", name="Yes", kind="allow_once"),
                    schema.PermissionOption(option_id="no", name="No", kind="reject_once"),
                ],
            )
            allowed = getattr(answer.outcome, "option_id", None) == "yes-allow"
            status = "failed"
            if allowed:
                done = subprocess.run(command, shell=True, stdin=subprocess.DEVNULL, stdout=sys.stderr)
                status = "completed" if done.returncode == 0 else "failed"
            await self.client.session_update(
                session_id=session_id, update=acp.update_tool_call(call, status=status)
            )
        return acp.PromptResponse(stop_reason="end_turn")

    async def cancel(self, session_id, **kwargs):
        pass


asyncio.run(acp.run_agent(ScriptedAgent()))
