"""Fixed answers of the model `mock-raw`: all that a gateway must carry through untouched, byte for byte.

Comments, fields and members that nobody knows, odd spacing, CRLF, events in several pieces. Valid by the letter of
every format, so each SDK can read them. The pieces are what the mock writes; joined, they are what a client must get.
"""

from gossamer.mock.asked import Dialect

RAW_MODEL = "mock-raw"

_CHAT = (
    b": the mock says hello\n\n",
    b'data:{"id":"chatcmpl-raw", "object" : "chat.completion.chunk","created":1735689600,"model":"mock-raw",',
    b'"x_new":{"deep":[1,2.50,1e2,"\\u00e9"]},"choices":[{"index":0,"delta":{"role":"assistant","content":""},',
    b'"finish_reason":null}]}\n\n',
    b": keep-alive\n\n",
    b'id: 7\nretry: 1500\nx-field: kept\ndata: {"id":"chatcmpl-raw","object":"chat.completion.chunk",',
    b'"created":1735689600,"model":"mock-raw","choices":[{"index":0,"delta":{"reasoning_content":"hm\\u006d"},',
    b'"finish_reason":null}]}\n\n',
    b'data: {"id":"chatcmpl-raw","object":"chat.completion.chunk","created":1735689600,"model":"mock-raw",',
    b'"choices":[ {"index":0,"delta":{"content":"Sp\xc3\xafder \\"silk\\""},"finish_reason":null} ]}\r\n\r\n',
    b'data: {"id":"chatcmpl-raw","object":"chat.completion.chunk","created":1735689600,"model":"mock-raw",\n',
    b'data: "choices":[{"index":0,"delta":{},"finish_reason":"stop","x_stop":null}]}\n\n',
    b'data: {"id":"chatcmpl-raw","object":"chat.completion.chunk","created":1735689600,"model":"mock-raw",',
    b'"choices":[],"usage":{"prompt_tokens":11,"completion_tokens":9,"total_tokens":20,"x_cost":0.10,',
    b'"completion_tokens_details":{"reasoning_tokens":7}}}\n\ndata: [DONE]\n\n',
)

_RESPONSES = (
    b": the mock says hello\n\n",
    b'event: response.output_text.delta\nid: 7\nx-field: kept\ndata: {"type":"response.output_text.delta", ',
    b'"sequence_number":0,"item_id":"msg_raw","output_index":0,"content_index":0,"logprobs":[],',
    b'"delta":"Sp\xc3\xafder","x_new":1.50}\r\n\r\n',
    b'event: response.x_unknown\ndata: {"type":"response.x_unknown","sequence_number":1,"x_new":[ ]}\n\n',
    b'event: response.completed\ndata:{"type":"response.completed","sequence_number":2,"response":{"id":"resp_raw",',
    b'"object":"response","created_at":1735689600,"status":"completed","model":"mock-raw","output":[{"type":"message",',
    b'"id":"msg_raw","status":"completed","role":"assistant","content":[{"type":"output_text","annotations":[],',
    b'"text":"Sp\xc3\xafder","x_new":true}]}],"parallel_tool_calls":true,"tool_choice":"auto","tools":[],',
    b'"usage":{"input_tokens":11,"input_tokens_details":{"cached_tokens":3,"cache_write_tokens":0},"output_tokens":9,',
    b'"output_tokens_details":{"reasoning_tokens":7},"total_tokens":20}}}\n\n',
)

_MESSAGES = (
    b": the mock says hello\n\n",
    b'event: message_start\ndata: {"type":"message_start", "message":{"id":"msg_raw","type":"message",',
    b'"role":"assistant","model":"mock-raw","content":[],"stop_reason":null,"stop_sequence":null,"x_new":{},',
    b'"usage":{"input_tokens":11,"output_tokens":1,"x_cost":0.10}}}\n\n',
    b'event: content_block_start\nid: 7\nx-field: kept\ndata: {"type":"content_block_start","index":0,',
    b'"content_block":{"type":"text","text":""}}\r\n\r\n',
    b'event: content_block_delta\ndata:{"type":"content_block_delta","index":0,"x_new":[1.50],',
    b'"delta":{"type":"text_delta","text":"Sp\xc3\xafder"}}\n\n',
    b'event: x_unknown\ndata: {"type":"x_unknown"}\n\n',
    b'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n',
    b'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},',
    b'"usage":{"output_tokens":9,"x_thinking":7}}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n',
)

_COMPLETIONS = (
    b": the mock says hello\n\n",
    b'id: 7\nx-field: kept\ndata:{"id":"cmpl-raw", "object":"text_completion","created":1735689600,"model":"mock-raw",',
    b'"x_new":1.50,"choices":[{"text":"Sp\xc3\xafder","index":0,"logprobs":null,"finish_reason":"stop"}]}\r\n\r\n',
    b"data: [DONE]\n\n",
)

RAW_STREAMS: dict[Dialect, tuple[bytes, ...]] = {
    Dialect.CHAT: _CHAT,
    Dialect.COMPLETIONS: _COMPLETIONS,
    Dialect.RESPONSES: _RESPONSES,
    Dialect.MESSAGES: _MESSAGES,
}

RAW_BODIES: dict[Dialect, bytes] = {
    Dialect.CHAT: b'{ "id" : "chatcmpl-raw","object":"chat.completion","created":1735689600,"model":"mock-raw",\n'
    b'\t"choices":[{"index":0,"message":{"role":"assistant","content":"Sp\xc3\xafder \\u0073ilk",'
    b'"reasoning_content":"hmm"},"finish_reason":"stop"}],"x_new":{"deep":[1,2.50,1e2,{}]},'
    b'"usage":{"prompt_tokens":11,"completion_tokens":9,"total_tokens":20,"x_cost":0.10,'
    b'"completion_tokens_details":{"reasoning_tokens":7}} }\n',
    Dialect.COMPLETIONS: b'{ "id" : "cmpl-raw","object":"text_completion","created":1735689600,"model":"mock-raw",\n'
    b'\t"choices":[{"text":"Sp\xc3\xafder","index":0,"logprobs":null,"finish_reason":"stop"}],"x_new":2.50,'
    b'"usage":{"prompt_tokens":11,"completion_tokens":9,"total_tokens":20} }\n',
    Dialect.RESPONSES: b'{ "id" : "resp_raw","object":"response","created_at":1735689600,"status":"completed",\n'
    b'\t"model":"mock-raw","output":[{"type":"message","id":"msg_raw","status":"completed","role":"assistant",'
    b'"content":[{"type":"output_text","annotations":[],"text":"Sp\xc3\xafder"}]}],"parallel_tool_calls":true,'
    b'"tool_choice":"auto","tools":[],"x_new":{"deep":[1,2.50,1e2,{}]},"usage":{"input_tokens":11,'
    b'"input_tokens_details":{"cached_tokens":3,"cache_write_tokens":0},"output_tokens":9,'
    b'"output_tokens_details":{"reasoning_tokens":7},"total_tokens":20} }\n',
    Dialect.MESSAGES: b'{ "id" : "msg_raw","type":"message","role":"assistant","model":"mock-raw",\n'
    b'\t"content":[{"type":"text","text":"Sp\xc3\xafder","x_new":2.50}],"stop_reason":"end_turn",'
    b'"stop_sequence":null,"usage":{"input_tokens":11,"output_tokens":9,"x_cost":0.10} }\n',
}
