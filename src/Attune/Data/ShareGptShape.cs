namespace Attune.Data;

/// <summary><c>{conversations: [{from, value, weight?}], system?, tools?}</c>, with ShareGPT's names of roles: human, gpt, function_call, observation.</summary>
internal static class ShareGptShape
{
    public static Conversation? Map(Row row, ProblemList problems) => MessagesShape.Chat(row, "conversations", problems);
}
