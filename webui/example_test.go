package webui_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/go-df/chat/webui"
)

// A page of the host's own has the whole chat with two lines.
func ExampleHandler() {
	mux := http.NewServeMux()
	mux.Handle("/chat/ui/", webui.Handler(webui.Config{})) // beside the API at /chat/
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, "<script type=\"module\" src=\"/chat/ui/%s\"></script>\n<df-chat base=\"/chat\"></df-chat>\n", webui.Script())
	})

	response := httptest.NewRecorder()
	mux.ServeHTTP(response, httptest.NewRequest(http.MethodGet, "/chat/ui/df-chat.js", nil))
	fmt.Println(response.Code, response.Header().Get("Content-Type"), strings.Contains(response.Body.String(), "df-chat"))
	// Output: 200 text/javascript; charset=utf-8 true
}
