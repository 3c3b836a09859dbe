// Others were writing for too long (503 with the server's own header): htmx would show nothing, and whoever pressed a button would
// not know that nothing was saved. A part that only reloads itself says nothing: it asks again.

interface Swap {
  xhr: XMLHttpRequest;
  requestConfig: { headers: Record<string, string> };
  shouldSwap: boolean;
  swapOverride: string;
  selectOverride?: string;
  target: Element;
}

export const isBusy = (xhr: XMLHttpRequest): boolean => xhr.status === 503 && xhr.getResponseHeader("Lianfang-Busy") === "1";

export function startBusy(): void {
  document.addEventListener("htmx:beforeSwap", (event) => {
    const swap = (event as CustomEvent<Swap>).detail;
    const messages = document.getElementById("messages");
    if (!messages || !isBusy(swap.xhr) || "Lianfang-Refresh" in swap.requestConfig.headers) return;
    swap.shouldSwap = true;
    swap.target = messages;
    swap.swapOverride = "innerHTML";
    swap.selectOverride = "unset";
  });
}
